package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"time"

	"github.com/digitorus/timestamp"
	"github.com/notaryproject/notation-core-go/signature"
	_ "github.com/notaryproject/notation-core-go/signature/cose"
	_ "github.com/notaryproject/notation-core-go/signature/jws"
	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/verifier"
	"github.com/notaryproject/notation-go/verifier/trustpolicy"
	"github.com/notaryproject/notation-go/verifier/truststore"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

const (
	jwsType    = "application/jose+json"
	coseType   = "application/cose"
	repository = "registry.example.com/org/app"
)

// notationCase is one signature and what notation says of it.
type notationCase struct {
	Name         string          `json:"name"`
	Artifact     string          `json:"artifact"`
	MediaType    string          `json:"mediaType"`
	Envelope     []byte          `json:"envelope"`
	Policy       json.RawMessage `json:"policy"`
	Certificates []string        `json:"certificates"`
	// Stricter says that ours refuses what notation takes, and why.
	Stricter string `json:"stricter,omitempty"`
	// Verdict is "verified", "ignored" or why notation refuses it.
	Verdict string `json:"verdict"`
}

type notationDocument struct {
	Now       time.Time           `json:"now"`
	Artifacts map[string]artifact `json:"artifacts"`
	Cases     []notationCase      `json:"cases"`
}

// notary is one who signs: a key, and the chain of its certificate.
type notary struct {
	key   crypto.Signer
	chain []*x509.Certificate
}

// notaryOptions is what a chain may differ in from a good one.
type notaryOptions struct {
	key      crypto.Signer
	between  bool
	expired  bool
	ocsp     bool
	isCA     bool
	usage    x509.KeyUsage
	purposes []x509.ExtKeyUsage
	pathLen  bool
}

func newNotary(o notaryOptions) notary {
	if o.key == nil {
		o.key = newKey()
	}
	if o.usage == 0 {
		o.usage = x509.KeyUsageDigitalSignature
	}
	if o.purposes == nil {
		o.purposes = []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}
	}
	name := func(common string) pkix.Name {
		return pkix.Name{CommonName: common, Organization: []string{"example"}, Province: []string{"WA"}, Country: []string{"US"}}
	}
	ca := func(common string) *x509.Certificate {
		template := authority(common, 50)
		template.Subject, template.ExtKeyUsage = name(common), nil
		return template
	}
	rootKey := newKey()
	top := ca("root")
	if o.pathLen {
		top.MaxPathLenZero = true
	}
	root := issue(top, top, rootKey.Public(), rootKey)
	chain := []*x509.Certificate{root}
	parent, parentKey := root, rootKey
	if o.between {
		parentKey = newKey()
		parent = issue(ca("between"), root, parentKey.Public(), rootKey)
		chain = append([]*x509.Certificate{parent}, chain...)
	}
	template := &x509.Certificate{
		Subject: name("signer"), NotBefore: start.Add(-time.Hour), NotAfter: start.AddDate(50, 0, 0), KeyUsage: o.usage,
		ExtKeyUsage: o.purposes, BasicConstraintsValid: true, IsCA: o.isCA,
	}
	if o.expired {
		template.NotAfter = start.Add(10 * time.Minute)
	}
	if o.ocsp {
		template.OCSPServer = []string{"http://127.0.0.1:1/"}
	}
	return notary{key: o.key, chain: append([]*x509.Certificate{issue(template, parent, o.key.Public(), parentKey)}, chain...)}
}

func (n notary) root() *x509.Certificate { return n.chain[len(n.chain)-1] }

// request is what a signature may differ in from a good one.
type request struct {
	artifact artifact
	scheme   signature.SigningScheme
	at       time.Time
	expiry   time.Time
	extra    []signature.Attribute
	kind     string
}

func target(a artifact) ocispec.Descriptor {
	return ocispec.Descriptor{
		MediaType: "application/vnd.oci.image.manifest.v1+json", Digest: digest.Digest(a.Digest), Size: int64(len(a.Manifest)),
	}
}

func (n notary) sign(mediaType string, r request) []byte {
	if r.scheme == "" {
		r.scheme = signature.SigningSchemeX509
	}
	if r.at.IsZero() {
		r.at = start
	}
	if r.kind == "" {
		r.kind = "application/vnd.cncf.notary.payload.v1+json"
	}
	signer := must(signature.NewLocalSigner(n.chain, n.key))
	envelope := must(signature.NewEnvelope(mediaType))
	return must(envelope.Sign(&signature.SignRequest{
		Payload: signature.Payload{ContentType: r.kind, Content: must(json.Marshal(map[string]any{"targetArtifact": target(r.artifact)}))},
		Signer:  signer, SigningTime: r.at, Expiry: r.expiry, SigningScheme: r.scheme, SigningAgent: "example/1",
		ExtendedSignedAttributes: r.extra,
	}))
}

// raw signs as JSON whatever it is given, without any rule.
func (n notary) raw(header map[string]any, a artifact, chain []*x509.Certificate) []byte {
	protected := base64.RawURLEncoding.EncodeToString(must(json.Marshal(header)))
	payload := base64.RawURLEncoding.EncodeToString(must(json.Marshal(map[string]any{"targetArtifact": target(a)})))
	sum := sha256.Sum256([]byte(protected + "." + payload))
	r, s, err := ecdsa.Sign(rand.Reader, n.key.(*ecdsa.PrivateKey), sum[:])
	check(err)
	sig := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	var certificates [][]byte
	for _, certificate := range chain {
		certificates = append(certificates, certificate.Raw)
	}
	return must(json.Marshal(map[string]any{
		"protected": protected, "payload": payload, "signature": base64.RawURLEncoding.EncodeToString(sig),
		"header": map[string]any{"x5c": certificates},
	}))
}

func headers(more map[string]any) map[string]any {
	all := map[string]any{
		"alg": "ES256", "cty": "application/vnd.cncf.notary.payload.v1+json", "crit": []string{"io.cncf.notary.signingScheme"},
		"io.cncf.notary.signingScheme": "notary.x509", "io.cncf.notary.signingTime": start.Format(time.RFC3339),
	}
	for key, value := range more {
		if value == nil {
			delete(all, key)
		} else {
			all[key] = value
		}
	}
	return all
}

// stamped is a JSON envelope with a token of a timestamp authority.
func stamped(envelope []byte, s *sigstore, at time.Time, of []byte) []byte {
	var parsed map[string]any
	check(json.Unmarshal(envelope, &parsed))
	if of == nil {
		of = must(base64.RawURLEncoding.DecodeString(parsed["signature"].(string)))
	}
	sum := sha256.Sum256(of)
	stamp := timestamp.Timestamp{
		HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: at, Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2},
		SerialNumber: serial(), AddTSACertificate: true, Certificates: []*x509.Certificate{s.root},
	}
	response := must(stamp.CreateResponseWithOpts(s.tsaLeaf, s.tsaKey, crypto.SHA256))
	token := must(timestamp.ParseResponse(response)).RawToken
	parsed["header"].(map[string]any)["io.cncf.notary.timestampSignature"] = token
	return must(json.Marshal(parsed))
}

type store []*x509.Certificate

func (s store) GetCertificates(context.Context, truststore.Type, string) ([]*x509.Certificate, error) {
	return s, nil
}

// ask is what notation says, and what source-controller makes of it.
func (c notationCase) ask(a artifact) string {
	var document trustpolicy.Document
	check(json.Unmarshal(c.Policy, &document))
	var certificates store
	for _, text := range c.Certificates {
		block, _ := pem.Decode([]byte(text))
		certificates = append(certificates, must(x509.ParseCertificate(block.Bytes)))
	}
	judge, err := verifier.New(&document, certificates, nil)
	if err != nil {
		return err.Error()
	}
	outcome, err := judge.Verify(context.Background(), target(a), c.Envelope, notation.VerifierVerifyOptions{
		ArtifactReference: repository + "@" + a.Digest, SignatureMediaType: c.MediaType,
	})
	if err != nil {
		return err.Error()
	}
	if outcome.VerificationLevel == trustpolicy.LevelSkip {
		return "ignored"
	}
	for _, result := range outcome.VerificationResults {
		if result.Error != nil && result.Type == trustpolicy.TypeAuthenticity {
			return "ignored"
		}
	}
	return "verified"
}

// policyOptions is what a policy may differ in from one for everything.
type policyOptions struct {
	scope, identity, level string
	stores                 []string
	override               map[string]string
	timestamps             string
}

func policy(o policyOptions) json.RawMessage {
	if o.scope == "" {
		o.scope = "*"
	}
	if o.identity == "" {
		o.identity = "x509.subject: C=US, ST=WA, O=example"
	}
	if o.level == "" {
		o.level = "strict"
	}
	if o.stores == nil {
		o.stores = []string{"ca:trusted"}
	}
	verification := map[string]any{"level": o.level}
	if o.override != nil {
		verification["override"] = o.override
	}
	if o.timestamps != "" {
		verification["verifyTimestamp"] = o.timestamps
	}
	statement := map[string]any{"name": "one", "registryScopes": []string{o.scope}, "signatureVerification": verification}
	if o.level != "skip" {
		statement["trustStores"], statement["trustedIdentities"] = o.stores, []string{o.identity}
	}
	return must(json.Marshal(map[string]any{"version": "1.0", "trustPolicies": []any{statement}}))
}

func notationCases() notationDocument {
	all := artifacts()
	files, chart := all["files"], all["chart"]
	now := time.Now().UTC().Truncate(time.Second)
	document := notationDocument{Now: now, Artifacts: all}
	add := func(name, mediaType string, envelope []byte, p policyOptions, trusted ...*x509.Certificate) *notationCase {
		c := notationCase{Name: name, Artifact: "files", MediaType: mediaType, Envelope: envelope, Policy: policy(p)}
		for _, certificate := range trusted {
			c.Certificates = append(c.Certificates, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})))
		}
		c.Verdict = c.ask(files)
		document.Cases = append(document.Cases, c)
		return &document.Cases[len(document.Cases)-1]
	}
	good, other := newNotary(notaryOptions{}), newNotary(notaryOptions{})
	plain := request{artifact: files}
	for _, mediaType := range []string{jwsType, coseType} {
		envelope := good.sign(mediaType, plain)
		add(mediaType+": good", mediaType, envelope, policyOptions{}, good.root())
		add(mediaType+": the signer itself is trusted", mediaType, envelope, policyOptions{}, good.chain[0])
		add(mediaType+": another root", mediaType, envelope, policyOptions{}, other.root())
		add(mediaType+": another root, permissive", mediaType, envelope, policyOptions{level: "permissive"}, other.root())
		add(mediaType+": another root, audit", mediaType, envelope, policyOptions{level: "audit"}, other.root())
		add(mediaType+": another identity", mediaType, envelope, policyOptions{identity: "x509.subject:C=US,ST=WA,O=other"}, good.root())
		add(mediaType+": another identity, audit", mediaType, envelope,
			policyOptions{identity: "x509.subject:C=US,ST=WA,O=other", level: "audit"}, good.root())
		add(mediaType+": a part of the identity more", mediaType, envelope, policyOptions{identity: "x509.subject:C=US,ST=WA,O=example,CN=signer"}, good.root())
		add(mediaType+": any identity", mediaType, envelope, policyOptions{identity: "*"}, good.root())
		add(mediaType+": another artifact", mediaType, good.sign(mediaType, request{artifact: chart}), policyOptions{}, good.root())
		add(mediaType+": another artifact, audit", mediaType, good.sign(mediaType, request{artifact: chart}), policyOptions{level: "audit"}, good.root())
		add(mediaType+": its repository", mediaType, envelope, policyOptions{scope: repository}, good.root())
		add(mediaType+": another repository", mediaType, envelope, policyOptions{scope: repository + "-other"}, good.root())
		add(mediaType+": skip", mediaType, envelope, policyOptions{level: "skip"}, good.root())
		add(mediaType+": a store for signing authorities", mediaType, envelope, policyOptions{stores: []string{"signingAuthority:a"}}, good.root())
		add(mediaType+": another kind of payload", mediaType, good.sign(mediaType, request{artifact: files, kind: "application/json"}), policyOptions{}, good.root())
		expired := good.sign(mediaType, request{artifact: files, expiry: start.Add(time.Minute)})
		add(mediaType+": past its expiry", mediaType, expired, policyOptions{}, good.root())
		add(mediaType+": past its expiry, permissive", mediaType, expired, policyOptions{level: "permissive"}, good.root())
		add(mediaType+": before its expiry", mediaType, good.sign(mediaType, request{artifact: files, expiry: start.AddDate(40, 0, 0)}), policyOptions{}, good.root())
		authority := request{artifact: files, scheme: signature.SigningSchemeX509SigningAuthority}
		signing := policyOptions{stores: []string{"signingAuthority:a"}}
		add(mediaType+": a signing authority", mediaType, good.sign(mediaType, authority), signing, good.root())
		add(mediaType+": a signing authority, a store for others", mediaType, good.sign(mediaType, authority), policyOptions{}, good.root())
		old := newNotary(notaryOptions{expired: true})
		add(mediaType+": certificate expired", mediaType, old.sign(mediaType, plain), policyOptions{}, old.root())
		add(mediaType+": certificate expired, permissive", mediaType, old.sign(mediaType, plain), policyOptions{level: "permissive"}, old.root())
		add(mediaType+": certificate expired, a signing authority", mediaType, old.sign(mediaType, authority), signing, old.root())
		revocable := newNotary(notaryOptions{ocsp: true})
		add(mediaType+": revocation unknown", mediaType, revocable.sign(mediaType, plain), policyOptions{}, revocable.root())
		add(mediaType+": revocation unknown, permissive", mediaType, revocable.sign(mediaType, plain), policyOptions{level: "permissive"}, revocable.root())
		add(mediaType+": revocation skipped", mediaType, revocable.sign(mediaType, plain),
			policyOptions{override: map[string]string{"revocation": "skip"}}, revocable.root())
		long := newNotary(notaryOptions{between: true})
		add(mediaType+": a longer chain", mediaType, long.sign(mediaType, plain), policyOptions{}, long.root())
		add(mediaType+": a longer chain, its middle is trusted", mediaType, long.sign(mediaType, plain), policyOptions{}, long.chain[1])
		for name, key := range map[string]crypto.Signer{
			"RSA 2048": must(rsa.GenerateKey(rand.Reader, 2048)), "RSA 3072": must(rsa.GenerateKey(rand.Reader, 3072)),
			"P-384": must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)), "P-521": must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)),
		} {
			strong := newNotary(notaryOptions{key: key})
			add(mediaType+": "+name, mediaType, strong.sign(mediaType, plain), policyOptions{}, strong.root())
		}
		add(mediaType+": an unknown header", mediaType,
			good.sign(mediaType, request{artifact: files, extra: []signature.Attribute{{Key: "example", Value: "x"}}}), policyOptions{}, good.root())
		unknown := add(mediaType+": an unknown critical header", mediaType,
			good.sign(mediaType, request{artifact: files, extra: []signature.Attribute{{Key: "example", Value: "x", Critical: true}}}), policyOptions{}, good.root())
		unknown.Stricter = "what is critical has to be understood"
		add(mediaType+": a plugin", mediaType, good.sign(mediaType, request{artifact: files, extra: []signature.Attribute{
			{Key: "io.cncf.notary.verificationPlugin", Value: "example", Critical: true}}}), policyOptions{}, good.root())
		add(mediaType+": the media type of the other form", map[string]string{jwsType: coseType, coseType: jwsType}[mediaType], envelope, policyOptions{}, good.root())
	}
	broken := func(name string, n notary, header map[string]any, chain []*x509.Certificate) {
		add("rules: "+name, jwsType, n.raw(headers(header), files, chain), policyOptions{}, n.root())
	}
	broken("good", good, nil, good.chain)
	broken("no root", good, nil, good.chain[:1])
	broken("another order", good, nil, []*x509.Certificate{good.chain[1], good.chain[0]})
	broken("the root twice", good, nil, append(append([]*x509.Certificate{}, good.chain...), good.root()))
	broken("no certificates", good, nil, nil)
	broken("the certificate of another", other, nil, good.chain)
	broken("another algorithm", good, map[string]any{"alg": "ES384"}, good.chain)
	broken("no algorithm", good, map[string]any{"alg": "none"}, good.chain)
	broken("nothing is critical", good, map[string]any{"crit": nil}, good.chain)
	broken("something absent is critical", good, map[string]any{"crit": []string{"io.cncf.notary.signingScheme", "io.cncf.notary.expiry"}}, good.chain)
	broken("the expiry is not critical", good, map[string]any{"io.cncf.notary.expiry": start.AddDate(1, 0, 0).Format(time.RFC3339)}, good.chain)
	broken("no signing time", good, map[string]any{"io.cncf.notary.signingTime": nil}, good.chain)
	broken("both signing times", good, map[string]any{"io.cncf.notary.authenticSigningTime": start.Format(time.RFC3339)}, good.chain)
	broken("another signing scheme", good, map[string]any{"io.cncf.notary.signingScheme": "example"}, good.chain)
	for name, o := range map[string]notaryOptions{
		"the signer may issue":         {isCA: true},
		"the key is for encipherment":  {usage: x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment},
		"the key is for certificates":  {usage: x509.KeyUsageCertSign},
		"the key is for servers":       {purposes: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}},
		"the key is for anything":      {purposes: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}},
		"the chain is longer than may": {between: true, pathLen: true},
	} {
		n := newNotary(o)
		broken(name, n, nil, n.chain)
	}
	s, foreign := newSigstore(), newSigstore()
	old := newNotary(notaryOptions{expired: true})
	tsa := policyOptions{stores: []string{"ca:trusted", "tsa:trusted"}}
	fresh := func() []byte { return old.sign(jwsType, plain) }
	minute := start.Add(time.Minute)
	add("stamped: certificate expired", jwsType, stamped(fresh(), s, minute, nil), tsa, old.root(), s.root)
	add("stamped: no store for timestamps", jwsType, stamped(fresh(), s, minute, nil), policyOptions{}, old.root(), s.root)
	add("stamped: no timestamp", jwsType, fresh(), tsa, old.root(), s.root)
	add("stamped: no timestamp, permissive", jwsType, fresh(), policyOptions{stores: tsa.stores, level: "permissive"}, old.root(), s.root)
	add("stamped: about another signature", jwsType, stamped(fresh(), s, minute, []byte("another")), tsa, old.root(), s.root)
	add("stamped: another authority", jwsType, stamped(fresh(), foreign, minute, nil), tsa, old.root(), s.root)
	add("stamped: after the certificate", jwsType, stamped(fresh(), s, start.Add(11*time.Minute), nil), tsa, old.root(), s.root)
	add("stamped: not needed", jwsType, good.sign(jwsType, plain), policyOptions{stores: tsa.stores, timestamps: "afterCertExpiry"}, good.root(), s.root)
	add("stamped: needed", jwsType, good.sign(jwsType, plain), tsa, good.root(), s.root)
	document.Cases = append(document.Cases, notationCase{
		Name: "chart", Artifact: "chart", MediaType: jwsType, Envelope: good.sign(jwsType, request{artifact: chart}), Policy: policy(policyOptions{}),
		Certificates: document.Cases[0].Certificates, Verdict: "verified",
	})
	return document
}
