//! What is sent to Azure's store, and how its answers read.

use super::*;

fn dialect(endpoint: &str, proof: AzureProof) -> Result<Box<dyn Dialect>, Cause> {
    Azure { endpoint: endpoint.to_owned(), proof }.dialect("content", &mut Redactor::default())
}

fn request(endpoint: &str, proof: AzureProof, question: &Question<'_>) -> reqwest::Request {
    let dialect = dialect(endpoint, proof).expect("the endpoint is valid");
    dialect.request(&Client::new(), question).expect("the question can be asked").build().expect("the request is valid")
}

const PAGE: Question<'static> = Question::Page { prefix: "a/", token: "next!" };

#[test]
fn tokens_and_signed_addresses_go_along() {
    let token = AzureProof::Token(Secret::new("eyJ"));
    let asked = request("https://me.blob.core.windows.net/", token, &PAGE);
    let address = "https://me.blob.core.windows.net/content?restype=container&comp=list&prefix=a%2F&marker=next%21";
    assert_eq!((asked.url().as_str(), asked.headers()["authorization"].as_bytes()), (address, &b"Bearer eyJ"[..]));
    assert_eq!(asked.headers()["x-ms-version"], VERSION);

    let endpoint = "https://me.blob.core.windows.net?sv=1&x=y";
    let pairs = sas_pairs(b"?sv=2021&sig=a%2Bb%3D\n", endpoint).expect("the token is valid");
    let question = Question::Object { key: "dir/ü +.md", version: None };
    let asked = request(endpoint, AzureProof::Signed(pairs), &question);
    let address = "https://me.blob.core.windows.net/content/dir%2F%C3%BC%20%2B.md?sig=a%2Bb%3D&sv=2021&x=y";
    assert_eq!(asked.url().as_str(), address);
    assert!(!asked.headers().contains_key("authorization"));
}

/// As Azure's libraries.
#[test]
fn sec_c9_a_token_is_not_sent_without_tls() {
    let refused = dialect("http://me.blob.core.windows.net", AzureProof::Token(Secret::new("eyJ")));
    assert!(matches!(refused, Err(Cause::Plain)));
    for endpoint in ["me.blob.core.windows.net", "ftp://me", "https://u:p@me", ""] {
        assert!(matches!(dialect(endpoint, AzureProof::Anonymous), Err(Cause::Address)), "{endpoint}");
    }
}

/// Upstream's `Test_extractAccountNameFromEndpoint`, and emulators.
#[test]
fn the_account_is_in_the_endpoint() {
    for (endpoint, account) in [
        ("https://foo.blob.core.windows.net", Ok("foo")),
        ("https://foo.blob.core.windows.net/", Ok("foo")),
        ("http://127.0.0.1:10000/devstoreaccount1", Ok("devstoreaccount1")),
        ("http://azurite:10000/devstoreaccount1/", Ok("devstoreaccount1")),
        ("https://foo", Err("failed to extract account name from endpoint: expected 'foo' to be a subdomain")),
        ("http://127.0.0.1:10000", Err("failed to extract account name from endpoint: expected '127.0.0.1' to be a subdomain")),
    ] {
        assert_eq!(account_of(endpoint), account.map(str::to_owned).map_err(str::to_owned), "{endpoint}");
    }
}

/// An answer of the documentation of List Blobs, shortened, with a name that XML cannot hold.
#[test]
fn a_page_of_blobs_is_read() {
    let body = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?>
        <EnumerationResults ServiceEndpoint=\"https://myaccount.blob.core.windows.net/\" ContainerName=\"mycontainer\">
          <MaxResults>3</MaxResults>
          <Blobs>
            <Blob><Name>blob &amp; 1.txt</Name><Properties><Last-Modified>Sun, 27 Sep 2009 18:41:57 GMT</Last-Modified>
              <Etag>0x8CBFF45D8A29A19</Etag><Content-Length>100</Content-Length></Properties></Blob>
            <Blob><Name Encoded=\"true\">a%EF%BF%BEb%2Fc</Name><Properties><Etag>0x2</Etag></Properties></Blob>
          </Blobs>
          <NextMarker>video</NextMarker>
        </EnumerationResults>";
    let dialect = dialect("https://myaccount.blob.core.windows.net", AzureProof::Anonymous).expect("the endpoint is valid");
    let page = dialect.page(body.as_bytes()).expect("the page is well formed");
    let objects: Vec<(&str, &str)> = page.objects.iter().map(|object| (object.key.as_str(), object.etag.as_str())).collect();
    assert_eq!(objects, [("blob & 1.txt", "\"0x8CBFF45D8A29A19\""), ("a\u{fffe}b/c", "\"0x2\"")]);
    assert_eq!(page.next.as_deref(), Some("video"));
    assert_eq!(dialect.etag("\"0x8CBFF45D8A29A19\""), page.objects[0].etag, "an object has the same as the page");
    let empty = "<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>";
    assert!(dialect.page(empty.as_bytes()).is_ok_and(|page| page.objects.is_empty() && page.next.is_none()));
    for odd in
        ["<EnumerationResults><Blobs><Blob><Name Encoded=\"true\">%z</Name></Blob></Blobs></EnumerationResults>", "<html>", ""]
    {
        assert!(dialect.page(odd.as_bytes()).is_err(), "{odd}");
    }
}
