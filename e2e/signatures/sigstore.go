package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"time"

	"github.com/cyberphone/json-canonicalization/go/src/webpki.org/jsoncanonicalizer"
	"github.com/digitorus/timestamp"
	ct "github.com/google/certificate-transparency-go"
	cttls "github.com/google/certificate-transparency-go/tls"
	"github.com/google/certificate-transparency-go/x509util"
	rekornote "github.com/sigstore/rekor-tiles/v2/pkg/note"
	"github.com/sigstore/rekor/pkg/pki"
	"github.com/sigstore/rekor/pkg/types"
	_ "github.com/sigstore/rekor/pkg/types/dsse"
	_ "github.com/sigstore/rekor/pkg/types/dsse/v0.0.1"
	_ "github.com/sigstore/rekor/pkg/types/hashedrekord"
	_ "github.com/sigstore/rekor/pkg/types/hashedrekord/v0.0.1"
	_ "github.com/sigstore/rekor/pkg/types/intoto"
	_ "github.com/sigstore/rekor/pkg/types/intoto/v0.0.2"
	"github.com/sigstore/rekor/pkg/util"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	f_log "github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
)

const (
	logHost = "rekor.example.com"
	subject = "https://github.com/org/app/.github/workflows/release.yaml@refs/tags/v1.0.0"
	issuer  = "https://token.actions.githubusercontent.com"
)

// start is a little ago: nobody but the log and the timestamp authority looks at the clock.
var start = time.Now().UTC().Truncate(time.Second).Add(-time.Hour)

// sigstore is a whole instance: authorities and logs.
type sigstore struct {
	rootKey, issuerKey, tsaKey, ctKey, logKey *ecdsa.PrivateKey
	root, issuer, tsaLeaf                     *x509.Certificate
}

func newKey() *ecdsa.PrivateKey { return must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }

func serial() *big.Int { return must(rand.Int(rand.Reader, big.NewInt(1<<62))) }

func issue(template, parent *x509.Certificate, key crypto.PublicKey, by crypto.Signer) *x509.Certificate {
	template.SerialNumber = serial()
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, parent, key, by))))
}

func authority(name string, years int, usages ...x509.ExtKeyUsage) *x509.Certificate {
	return &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{"example"}},
		NotBefore:             start.Add(-time.Hour),
		NotAfter:              start.AddDate(years, 0, 0),
		KeyUsage:              x509.KeyUsageCertSign,
		ExtKeyUsage:           usages,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
}

func newSigstore() *sigstore {
	s := &sigstore{rootKey: newKey(), issuerKey: newKey(), tsaKey: newKey(), ctKey: newKey(), logKey: newKey()}
	top := authority("root", 10)
	s.root = issue(top, top, s.rootKey.Public(), s.rootKey)
	s.issuer = issue(authority("issuer", 10, x509.ExtKeyUsageCodeSigning), s.root, s.issuerKey.Public(), s.rootKey)
	purpose := must(asn1.Marshal([]asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 8}}))
	s.tsaLeaf = issue(&x509.Certificate{
		Subject:         pkix.Name{CommonName: "timestamps"},
		NotBefore:       start.Add(-time.Hour),
		NotAfter:        start.AddDate(10, 0, 0),
		KeyUsage:        x509.KeyUsageDigitalSignature,
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 37}, Critical: true, Value: purpose}},
	}, s.root, s.tsaKey.Public(), s.rootKey)
	return s
}

// leafOptions is what a certificate may differ in from a good one.
type leafOptions struct {
	issuer    string
	usage     x509.ExtKeyUsage
	ctKey     *ecdsa.PrivateKey
	withoutCT bool
	parent    *x509.Certificate
	parentKey *ecdsa.PrivateKey
}

func (s *sigstore) leaf(key crypto.PublicKey, o leafOptions) *x509.Certificate {
	if o.issuer == "" {
		o.issuer = issuer
	}
	if o.usage == 0 {
		o.usage = x509.ExtKeyUsageCodeSigning
	}
	if o.ctKey == nil {
		o.ctKey = s.ctKey
	}
	if o.parent == nil {
		o.parent, o.parentKey = s.issuer, s.issuerKey
	}
	text := must(asn1.MarshalWithParams(o.issuer, "utf8"))
	template := &x509.Certificate{
		SerialNumber: serial(),
		NotBefore:    start,
		NotAfter:     start.Add(10 * time.Minute),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{o.usage},
		URIs:         []*url.URL{must(url.Parse(subject))},
		ExtraExtensions: []pkix.Extension{
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 1}, Value: []byte(o.issuer)},
			{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 1, 8}, Value: text},
		},
	}
	before := must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, o.parent, key, o.parentKey))))
	if o.withoutCT {
		return before
	}
	receipt := s.receipt(before, o)
	template.ExtraExtensions = append(template.ExtraExtensions,
		pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 4, 2}, Value: receipt})
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, template, o.parent, key, o.parentKey))))
}

// receipt is what the log of certificates says of one before it is issued.
func (s *sigstore) receipt(before *x509.Certificate, o leafOptions) []byte {
	sct := ct.SignedCertificateTimestamp{
		SCTVersion: ct.V1,
		LogID:      ct.LogID{KeyID: sha256.Sum256(must(x509.MarshalPKIXPublicKey(o.ctKey.Public())))},
		Timestamp:  uint64(start.UnixMilli()),
	}
	entry := ct.LogEntry{Leaf: ct.MerkleTreeLeaf{
		Version: ct.V1, LeafType: ct.TimestampedEntryLeafType,
		TimestampedEntry: &ct.TimestampedEntry{
			Timestamp: sct.Timestamp, EntryType: ct.PrecertLogEntryType,
			PrecertEntry: &ct.PreCert{
				IssuerKeyHash:  sha256.Sum256(o.parent.RawSubjectPublicKeyInfo),
				TBSCertificate: before.RawTBSCertificate,
			},
		},
	}}
	input := must(ct.SerializeSCTSignatureInput(sct, entry))
	sct.Signature = ct.DigitallySigned(must(cttls.CreateSignature(*o.ctKey, cttls.SHA256, input)))
	list := must(x509util.MarshalSCTsIntoSCTList([]*ct.SignedCertificateTimestamp{&sct}))
	return must(asn1.Marshal(must(cttls.Marshal(*list))))
}

func keyID(key crypto.PublicKey) []byte {
	id := sha256.Sum256(must(x509.MarshalPKIXPublicKey(key)))
	return id[:]
}

// logBody is what the log keeps.
func logBody(kind, version string, content, sig []byte, leaf *x509.Certificate) []byte {
	props := types.ArtifactProperties{
		PublicKeyBytes: [][]byte{must(cryptoutils.MarshalCertificateToPEM(leaf))},
		PKIFormat:      string(pki.X509),
		SignatureBytes: sig,
	}
	if kind == "hashedrekord" {
		sum := sha256.Sum256(content)
		props.ArtifactHash = hex.EncodeToString(sum[:])
	} else {
		props.ArtifactBytes = content
	}
	proposed := must(types.NewProposedEntry(context.Background(), kind, version, props))
	entry := must(types.CreateVersionedEntry(proposed))
	return must(types.CanonicalizeEntry(context.Background(), entry))
}

// promise is the log's signature of an entry and its time.
func promise(key *ecdsa.PrivateKey, id []byte, body []byte, at, index int64) []byte {
	payload := must(json.Marshal(map[string]any{
		"body": base64.StdEncoding.EncodeToString(body), "integratedTime": at, "logIndex": index, "logID": hex.EncodeToString(id),
	}))
	signer := must(signature.LoadECDSASignerVerifier(key, crypto.SHA256))
	return must(signer.SignMessage(bytes.NewReader(must(jsoncanonicalizer.Transform(payload)))))
}

// proof is a tree of seven entries around the given one, which is the sixth.
type proof struct {
	Index, Size int64
	Root        []byte
	Hashes      [][]byte
	Checkpoint  string
}

func (s *sigstore) proof(body []byte, tiled bool) proof {
	leaves := make([][]byte, 7)
	for i := range leaves {
		leaves[i] = rfc6962.DefaultHasher.HashLeaf([]byte(fmt.Sprint("another entry ", i)))
	}
	const index = 5
	leaves[index] = rfc6962.DefaultHasher.HashLeaf(body)
	top, beside := tree(leaves, index)
	signer := must(signature.LoadECDSASignerVerifier(s.logKey, crypto.SHA256))
	p := proof{Index: index, Size: int64(len(leaves)), Root: top, Hashes: beside}
	if tiled {
		noteSigner := must(rekornote.NewNoteSigner(context.Background(), logHost, signer))
		text := f_log.Checkpoint{Origin: logHost, Size: uint64(p.Size), Hash: top}.Marshal()
		p.Checkpoint = string(must(note.Sign(&note.Note{Text: string(text)}, noteSigner)))
	} else {
		p.Checkpoint = string(must(util.CreateAndSignCheckpoint(context.Background(), logHost, 1234, uint64(p.Size), top, signer)))
	}
	return p
}

// tree is the hash over leaves, and the hashes beside the way to one of them, if it is among them.
func tree(leaves [][]byte, index int) ([]byte, [][]byte) {
	if len(leaves) == 1 {
		return leaves[0], nil
	}
	half := 1
	for half*2 < len(leaves) {
		half *= 2
	}
	left, leftBeside := tree(leaves[:half], index)
	right, rightBeside := tree(leaves[half:], index-half)
	top := rfc6962.DefaultHasher.HashChildren(left, right)
	switch {
	case index < 0 || index >= len(leaves):
		return top, nil
	case index < half:
		return top, append(leftBeside, right)
	default:
		return top, append(rightBeside, left)
	}
}

func (s *sigstore) timestamp(message []byte, at time.Time) []byte {
	sum := sha256.Sum256(message)
	stamp := timestamp.Timestamp{
		HashAlgorithm: crypto.SHA256, HashedMessage: sum[:], Time: at, Policy: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 57264, 2},
		SerialNumber: serial(), AddTSACertificate: true,
	}
	return must(stamp.CreateResponseWithOpts(s.tsaLeaf, s.tsaKey, crypto.SHA256))
}

// rootOptions is what a trusted root may differ in from that of the instance.
type rootOptions struct {
	logKey   *ecdsa.PrivateKey
	fulcio   *sigstore
	tsa      *sigstore
	logUntil time.Time
	caUntil  time.Time
	ctUntil  time.Time
}

func (s *sigstore) trustedRoot(o rootOptions) *root.TrustedRoot {
	if o.fulcio == nil {
		o.fulcio = s
	}
	if o.tsa == nil {
		o.tsa = s
	}
	if o.logKey == nil {
		o.logKey = s.logKey
	}
	log := func(base string, id []byte, key crypto.PublicKey, until time.Time) map[string]*root.TransparencyLog {
		return map[string]*root.TransparencyLog{hex.EncodeToString(id): {
			BaseURL: base, ID: id, ValidityPeriodStart: start.Add(-time.Hour), ValidityPeriodEnd: until,
			HashFunc: crypto.SHA256, PublicKey: key, SignatureHashFunc: crypto.SHA256,
		}}
	}
	return must(root.NewTrustedRoot(root.TrustedRootMediaType01,
		[]root.CertificateAuthority{&root.FulcioCertificateAuthority{
			Root: o.fulcio.root, Intermediates: []*x509.Certificate{o.fulcio.issuer},
			ValidityPeriodStart: start.Add(-time.Hour), ValidityPeriodEnd: o.caUntil, URI: "https://fulcio.example.com",
		}},
		log("https://ct.example.com", keyID(s.ctKey.Public()), s.ctKey.Public(), o.ctUntil),
		[]root.TimestampingAuthority{&root.SigstoreTimestampingAuthority{
			Root: o.tsa.root, Leaf: o.tsa.tsaLeaf, ValidityPeriodStart: start.Add(-time.Hour), URI: "https://tsa.example.com",
		}},
		log("https://"+logHost, keyID(s.logKey.Public()), o.logKey.Public(), o.logUntil),
	))
}
