package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"github.com/sigstore/cosign/v3/pkg/cosign"
	cbundle "github.com/sigstore/cosign/v3/pkg/cosign/bundle"
	"github.com/sigstore/cosign/v3/pkg/oci/static"
	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	sigpayload "github.com/sigstore/sigstore/pkg/signature/payload"
)

// cosignCase is one signature and what cosign says of it.
type cosignCase struct {
	Name       string            `json:"name"`
	Digest     string            `json:"digest"`
	Root       string            `json:"root"`
	Identities [][2]string       `json:"identities"`
	Payload    []byte            `json:"payload,omitempty"`
	Layer      map[string]string `json:"annotations,omitempty"`
	Bundle     string            `json:"bundle,omitempty"`
	// Stamped says that cosign was told to look at timestamps of authorities, not at those of logs.
	Stamped bool `json:"stamped"`
	// Verdict is why cosign refuses it; empty where it does not.
	Verdict string `json:"verdict"`
}

type cosignDocument struct {
	Artifacts map[string]artifact        `json:"artifacts"`
	Roots     map[string]json.RawMessage `json:"roots"`
	Cases     []cosignCase               `json:"cases"`
}

// signing is what a signature may differ in from a good one.
type signing struct {
	leaf         leafOptions
	at           time.Duration
	logKey       *ecdsa.PrivateKey
	otherContent bool
	otherLeaf    bool
	otherTree    bool
	noPromise    bool
	noProof      bool
	tiled        bool
	inToto       bool
	stamp        time.Duration
	stampOf      []byte
	wrongKey     bool
}

func (s *sigstore) sign(message []byte, o signing) ([]byte, *x509.Certificate) {
	key := newKey()
	leaf := s.leaf(key.Public(), o.leaf)
	if o.wrongKey {
		key = newKey()
	}
	sum := sha256.Sum256(message)
	return must(key.Sign(nil, sum[:], crypto.SHA256)), leaf
}

func (o signing) log(s *sigstore) *ecdsa.PrivateKey {
	if o.logKey != nil {
		return o.logKey
	}
	return s.logKey
}

func (s *sigstore) payloadCase(digest string, o signing) cosignCase {
	named := must(name.NewDigest("registry.example.com/org/app@" + digest))
	payload := must(json.Marshal(sigpayload.Cosign{Image: named}))
	sig, leaf := s.sign(payload, o)
	content, logged := payload, leaf
	if o.otherContent {
		content = []byte("another")
	}
	if o.otherLeaf {
		logged = s.leaf(newKey().Public(), leafOptions{})
	}
	body := logBodyUnchecked(content, sig, logged)
	at := start.Add(o.at).Unix()
	layer := map[string]string{
		"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(sig),
		"dev.sigstore.cosign/certificate":    string(must(cryptoutils.MarshalCertificateToPEM(leaf))),
		"dev.sigstore.cosign/chain":          string(must(cryptoutils.MarshalCertificatesToPEM([]*x509.Certificate{s.issuer, s.root}))),
	}
	if !o.noPromise {
		layer["dev.sigstore.cosign/bundle"] = string(must(json.Marshal(cbundle.RekorBundle{
			SignedEntryTimestamp: promise(o.log(s), keyID(s.logKey.Public()), body, at, 77),
			Payload: cbundle.RekorPayload{
				Body: base64.StdEncoding.EncodeToString(body), IntegratedTime: at, LogIndex: 77, LogID: hex.EncodeToString(keyID(s.logKey.Public())),
			},
		})))
	}
	return cosignCase{Digest: digest, Payload: payload, Layer: layer}
}

// logBodyUnchecked is the entry for a document, of a log that does not look at what it takes.
func logBodyUnchecked(content, sig []byte, leaf *x509.Certificate) []byte {
	sum := sha256.Sum256(content)
	pem := must(cryptoutils.MarshalCertificateToPEM(leaf))
	return must(json.Marshal(map[string]any{
		"apiVersion": "0.0.1", "kind": "hashedrekord",
		"spec": map[string]any{
			"data":      map[string]any{"hash": map[string]any{"algorithm": "sha256", "value": hex.EncodeToString(sum[:])}},
			"signature": map[string]any{"content": sig, "publicKey": map[string]any{"content": pem}},
		},
	}))
}

func (s *sigstore) bundleCase(digest string, o signing) cosignCase {
	statement := must(json.Marshal(map[string]any{
		"_type":         "https://in-toto.io/Statement/v1",
		"subject":       []any{map[string]any{"digest": map[string]any{"sha256": digest[len("sha256:"):]}}},
		"predicateType": "https://sigstore.dev/cosign/sign/v1",
		"predicate":     map[string]any{},
	}))
	const kind = "application/vnd.in-toto+json"
	message := dsse.PAE(kind, statement)
	sig, leaf := s.sign(message, o)
	envelope := map[string]any{
		"payload": statement, "payloadType": kind, "signatures": []any{map[string]any{"sig": sig}},
	}
	logged := must(json.Marshal(envelope))
	var body []byte
	version, entryKind := "0.0.1", "dsse"
	switch {
	case o.tiled:
		entryKind, version = "hashedrekord", "0.0.2"
		body = tiledBody(message, sig, leaf)
	case o.otherContent:
		// A log takes only what is signed, so that another signing is logged.
		other := s.bundleCase(digestOf([]byte("another")), signing{})
		var parsed struct {
			VerificationMaterial struct {
				TlogEntries []struct{ CanonicalizedBody []byte }
			}
		}
		check(json.Unmarshal([]byte(other.Bundle), &parsed))
		body = parsed.VerificationMaterial.TlogEntries[0].CanonicalizedBody
	case o.inToto:
		entryKind, version = "intoto", "0.0.2"
		body = logBody(entryKind, version, logged, sig, leaf)
	case o.wrongKey:
		// The same: what was signed by somebody else is logged for the certificate only by a log that does not look.
		body = dsseBodyUnchecked(statement, sig, leaf)
	default:
		body = logBody(entryKind, version, logged, sig, leaf)
	}
	at := start.Add(o.at).Unix()
	id := keyID(s.logKey.Public())
	p := s.proof(body, o.tiled)
	if o.otherTree {
		p.Hashes[0] = s.proof([]byte("another"), o.tiled).Hashes[1]
	}
	entry := map[string]any{
		"logIndex": "5", "logId": map[string]any{"keyId": id}, "kindVersion": map[string]any{"kind": entryKind, "version": version},
		"canonicalizedBody": body,
	}
	if !o.tiled {
		entry["integratedTime"] = strconv.FormatInt(at, 10)
	}
	if !o.noPromise && !o.tiled {
		entry["inclusionPromise"] = map[string]any{"signedEntryTimestamp": promise(o.log(s), id, body, at, 5)}
	}
	if !o.noProof {
		entry["inclusionProof"] = map[string]any{
			"logIndex": strconv.FormatInt(p.Index, 10), "treeSize": strconv.FormatInt(p.Size, 10), "rootHash": p.Root, "hashes": p.Hashes,
			"checkpoint": map[string]any{"envelope": p.Checkpoint},
		}
	}
	material := map[string]any{"certificate": map[string]any{"rawBytes": leaf.Raw}, "tlogEntries": []any{entry}}
	if o.stamp != 0 {
		over := sig
		if o.stampOf != nil {
			over = o.stampOf
		}
		stamp := map[string]any{"signedTimestamp": s.timestamp(over, start.Add(o.stamp))}
		material["timestampVerificationData"] = map[string]any{"rfc3161Timestamps": []any{stamp}}
	}
	text := must(json.Marshal(map[string]any{
		"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "verificationMaterial": material, "dsseEnvelope": envelope,
	}))
	return cosignCase{Digest: digest, Bundle: string(text)}
}

func dsseBodyUnchecked(statement, sig []byte, leaf *x509.Certificate) []byte {
	sum := sha256.Sum256(statement)
	hash := map[string]any{"algorithm": "sha256", "value": hex.EncodeToString(sum[:])}
	pem := must(cryptoutils.MarshalCertificateToPEM(leaf))
	return must(json.Marshal(map[string]any{
		"apiVersion": "0.0.1", "kind": "dsse",
		"spec": map[string]any{
			"envelopeHash": hash, "payloadHash": hash,
			"signatures": []any{map[string]any{"signature": base64.StdEncoding.EncodeToString(sig), "verifier": pem}},
		},
	}))
}

// tiledBody is the entry of a log of the second generation.
func tiledBody(message, sig []byte, leaf *x509.Certificate) []byte {
	sum := sha256.Sum256(message)
	text := must(json.Marshal(map[string]any{
		"apiVersion": "0.0.2", "kind": "hashedrekord",
		"spec": map[string]any{"hashedRekordV002": map[string]any{
			"data": map[string]any{"algorithm": "SHA2_256", "digest": sum[:]},
			"signature": map[string]any{"content": sig, "verifier": map[string]any{
				"keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": map[string]any{"rawBytes": leaf.Raw},
			}},
		}},
	}))
	return text
}

// ask is what cosign says, set up as source-controller does it, but that the artifact is compared too.
func (c cosignCase) ask(trusted *root.TrustedRoot) string {
	options := &cosign.CheckOpts{TrustedMaterial: trusted, Offline: true, ClaimVerifier: cosign.SimpleClaimVerifier, UseSignedTimestamps: c.Stamped}
	for _, identity := range c.Identities {
		options.Identities = append(options.Identities, cosign.Identity{IssuerRegExp: identity[0], SubjectRegExp: identity[1]})
	}
	hash := must(v1.NewHash(c.Digest))
	var err error
	if c.Bundle != "" {
		options.NewBundleFormat = true
		parsed := &bundle.Bundle{}
		if err = parsed.UnmarshalJSON([]byte(c.Bundle)); err == nil {
			_, err = cosign.VerifyNewBundle(context.Background(), options, verify.WithArtifactDigest(hash.Algorithm, must(hex.DecodeString(hash.Hex))), parsed)
		}
	} else {
		with := []static.Option{static.WithCertChain([]byte(c.Layer["dev.sigstore.cosign/certificate"]), []byte(c.Layer["dev.sigstore.cosign/chain"]))}
		if logged := c.Layer["dev.sigstore.cosign/bundle"]; logged != "" {
			parsed := &cbundle.RekorBundle{}
			check(json.Unmarshal([]byte(logged), parsed))
			with = append(with, static.WithBundle(parsed))
		}
		sig := must(static.NewSignature(c.Payload, c.Layer["dev.cosignproject.cosign/signature"], with...))
		_, err = cosign.VerifyImageSignature(context.Background(), sig, hash, options)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func cosignCases() cosignDocument {
	s, other := newSigstore(), newSigstore()
	all := artifacts()
	digest, another := all["files"].Digest, digestOf([]byte("another"))
	expected := [][2]string{{"^https://token.actions.githubusercontent.com$", "^https://github.com/org/app/"}}
	roots := map[string]*root.TrustedRoot{
		"good":            s.trustedRoot(rootOptions{}),
		"other authority": s.trustedRoot(rootOptions{fulcio: other}),
		"other log key":   s.trustedRoot(rootOptions{logKey: other.logKey}),
		"other instance":  other.trustedRoot(rootOptions{}),
		"other stamper":   s.trustedRoot(rootOptions{tsa: other}),
		"old log":         s.trustedRoot(rootOptions{logUntil: start.Add(-time.Minute)}),
		"old authority":   s.trustedRoot(rootOptions{caUntil: start.Add(-time.Minute)}),
		"old ct log":      s.trustedRoot(rootOptions{ctUntil: start.Add(-time.Minute)}),
	}
	const minute = time.Minute
	leafKey := newKey()
	leafAsIssuer := s.leaf(leafKey.Public(), leafOptions{})
	var cases []cosignCase
	add := func(name, rootName string, identities [][2]string, c cosignCase) {
		c.Name, c.Root, c.Identities = name, rootName, identities
		c.Verdict = c.ask(roots[rootName])
		cases = append(cases, c)
	}
	forms := map[string]func(string, signing) cosignCase{"payload": s.payloadCase, "bundle": s.bundleCase}
	for _, form := range []string{"payload", "bundle"} {
		make := forms[form]
		good := make(digest, signing{at: minute})
		add(form+": good", "good", expected, good)
		add(form+": any identity", "good", nil, good)
		add(form+": another subject", "good", [][2]string{{expected[0][0], "^https://github.com/other/"}}, good)
		add(form+": another issuer", "good", [][2]string{{"^https://accounts.example.com$", expected[0][1]}}, good)
		add(form+": an issuer that ends with the expected one", "good", expected,
			make(digest, signing{at: minute, leaf: leafOptions{issuer: "https://evil/?https://token.actions.githubusercontent.com"}}))
		moved := good
		moved.Digest = another
		add(form+": another artifact", "good", expected, moved)
		add(form+": logged after the certificate", "good", expected, make(digest, signing{at: 11 * minute}))
		add(form+": logged before the certificate", "good", expected, make(digest, signing{at: -minute}))
		add(form+": no log", "good", expected, make(digest, signing{at: minute, noPromise: true, noProof: true}))
		add(form+": promised by another key", "good", expected, make(digest, signing{at: minute, logKey: other.logKey}))
		add(form+": the log has another key", "other log key", expected, good)
		add(form+": another authority", "other authority", expected, good)
		add(form+": another instance", "other instance", expected, good)
		add(form+": the log was not trusted any more", "old log", expected, good)
		add(form+": the authority was not trusted any more", "old authority", expected, good)
		add(form+": the log of certificates was not trusted any more", "old ct log", expected, good)
		add(form+": a certificate in no log", "good", expected, make(digest, signing{at: minute, leaf: leafOptions{withoutCT: true}}))
		add(form+": a certificate in another log", "good", expected, make(digest, signing{at: minute, leaf: leafOptions{ctKey: other.ctKey}}))
		add(form+": a certificate for servers", "good", expected,
			make(digest, signing{at: minute, leaf: leafOptions{usage: x509.ExtKeyUsageServerAuth}}))
		add(form+": a certificate by one that may issue none", "good", expected,
			make(digest, signing{at: minute, leaf: leafOptions{parent: leafAsIssuer, parentKey: leafKey}}))
		add(form+": an entry about another content", "good", expected, make(digest, signing{at: minute, otherContent: true}))
		add(form+": a signature of another key", "good", expected, make(digest, signing{at: minute, wrongKey: true}))
	}
	add("payload: an entry about another certificate", "good", expected, s.payloadCase(digest, signing{at: minute, otherLeaf: true}))
	add("bundle: promised only", "good", expected, s.bundleCase(digest, signing{at: minute, noProof: true}))
	add("bundle: proven only, no time", "good", expected, s.bundleCase(digest, signing{at: minute, noPromise: true}))
	add("bundle: a proof of another tree", "good", expected, s.bundleCase(digest, signing{at: minute, otherTree: true}))
	add("bundle: an entry of kind intoto", "good", expected, s.bundleCase(digest, signing{at: minute, inToto: true}))
	stamped := func(name, rootName string, o signing) {
		c := s.bundleCase(digest, o)
		c.Stamped = true
		add(name, rootName, expected, c)
	}
	stamped("stamped: good", "good", signing{at: minute, stamp: minute})
	stamped("stamped: a log of the second generation", "good", signing{tiled: true, stamp: minute})
	stamped("stamped: a log of the second generation, another tree", "good", signing{tiled: true, stamp: minute, otherTree: true})
	stamped("stamped: a log of the second generation, another key", "other log key", signing{tiled: true, stamp: minute})
	stamped("stamped: proven only", "good", signing{noPromise: true, at: minute, stamp: minute})
	stamped("stamped: after the certificate", "good", signing{tiled: true, stamp: 11 * minute})
	stamped("stamped: by another authority", "other stamper", signing{tiled: true, stamp: minute})
	stamped("stamped: about another signature", "good", signing{tiled: true, stamp: minute, stampOf: []byte("another")})
	add("chart: payload", "good", expected, s.payloadCase(all["chart"].Digest, signing{at: minute}))
	add("chart: bundle", "good", expected, s.bundleCase(all["chart"].Digest, signing{at: minute}))
	texts := map[string]json.RawMessage{}
	for name, trusted := range roots {
		var compact bytes.Buffer
		check(json.Compact(&compact, must(trusted.MarshalJSON())))
		texts[name] = compact.Bytes()
	}
	return cosignDocument{Artifacts: all, Roots: texts, Cases: cases}
}
