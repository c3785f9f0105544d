//! The examples of Amazon's documentation "Signature Calculations for the Authorization Header".

use super::*;

fn signature(method: &str, path: &str, query: &[(&str, &str)], headers: &[(&str, &str)], body: &[u8]) -> String {
    let credentials = Credentials {
        access_key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        secret_key: b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_vec(),
        session_token: None,
    };
    let time = "2013-05-24T00:00:00Z".parse().expect("the time is valid");
    let request = Request { method, host: "examplebucket.s3.amazonaws.com", path, query, headers, body };
    let signed = sign(&request, &credentials, &Scope { region: "us-east-1", service: "s3", time });
    let authorization = &signed.headers["authorization"];
    let (_, signature) = authorization.rsplit_once('=').expect("there is a signature");
    signature.to_owned()
}

#[test]
fn requests_are_signed_as_amazon_signs_them() {
    let range = [("range", "bytes=0-9")];
    assert_eq!(
        signature("GET", "/test.txt", &[], &range, b""),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
    let headers = [("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")];
    assert_eq!(
        signature("PUT", "/test$file.text", &[], &headers, b"Welcome to Amazon S3."),
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    );
    assert_eq!(
        signature("GET", "/", &[("lifecycle", "")], &[], b""),
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    );
    assert_eq!(
        signature("GET", "/", &[("prefix", "J"), ("max-keys", "2")], &[], b""),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

#[test]
fn what_is_signed_is_what_is_sent() {
    let request = Request {
        method: "GET",
        host: "h",
        path: "/b/a b/ü+%.yaml",
        query: &[("prefix", "a/b"), ("list-type", "2")],
        headers: &[],
        body: b"",
    };
    assert_eq!(path_and_query(&request), "/b/a%20b/%C3%BC%2B%25.yaml?list-type=2&prefix=a%2Fb");
}

#[test]
fn sec_c10_credentials_do_not_print() {
    let credentials = Credentials { access_key: "a".to_owned(), secret_key: b"S3NTINEL".to_vec(), session_token: None };
    assert!(!format!("{credentials:?}").contains("S3NTINEL"));
}
