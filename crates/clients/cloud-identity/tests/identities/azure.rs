//! Azure.

use super::{NOW, Outcome, chain, field, identities, json, key, read};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use cloud_identity::{AzureClient, AzureProof, BLOB_SCOPE, GitLogin, Provider, Secret};
use jiff::Timestamp;
use rcgen::CertificateParams;
use test_support::scripted::Scripted;

const TENANT: (&str, &str) = ("AZURE_TENANT_ID", "8eaef023-2b34-4da1-9baa-8bc8c9d6a490");
const CLIENT: (&str, &str) = ("AZURE_CLIENT_ID", "11112222-bbbb-3333-cccc-4444dddd5555");
/// An answer of the documentation of the client credentials flow.
const GIVEN: &str = r#"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"eyJ0"}"#;

fn client(authority: &Scripted, proof: AzureProof) -> AzureClient {
    let authority = Some(format!("http://{}/", authority.address()));
    AzureClient { tenant: TENANT.1.to_owned(), client: CLIENT.1.to_owned(), authority, proof }
}

#[tokio::test]
async fn an_application_has_a_secret() -> Outcome {
    let entra = Scripted::start(|_, _| json("200 OK", GIVEN))?;
    let client = client(&entra, AzureProof::Secret(Secret::new("qWg&d")));
    let token = identities(&[], &[]).azure_client(&client, BLOB_SCOPE, None).await?;
    assert_eq!((token.secret, token.expires), (Secret::new("eyJ0"), Some(Timestamp::from_second(NOW + 3_599)?)));
    let head = &entra.received()[0];
    assert!(head.starts_with(&format!("POST /{}/oauth2/v2.0/token HTTP/1.1\r\n", TENANT.1)), "{head}");
    let asked = format!(
        "client_id={}&scope=https%3A%2F%2Fstorage.azure.com%2F.default&grant_type=client_credentials&client_secret=qWg%26d",
        CLIENT.1
    );
    assert_eq!(entra.bodies()[0], asked);
    Ok(())
}

#[tokio::test]
async fn an_application_has_a_certificate() -> Outcome {
    let entra = Scripted::start(|_, _| json("200 OK", GIVEN))?;
    let key = key()?;
    let certificate = CertificateParams::new(vec!["app".to_owned()])?.self_signed(&key)?;
    let pem = Secret::new(format!("{}{}", certificate.pem(), key.serialize_pem()));
    let client = client(&entra, AzureProof::Certificate { pem, send_chain: true });
    identities(&[], &[]).azure_client(&client, BLOB_SCOPE, None).await?;
    let body = &entra.bodies()[0];
    assert_eq!(field(body, "client_assertion_type"), "urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer");
    // The claims of the documentation of certificate credentials.
    let (header, claims) = read(field(body, "client_assertion"), &key)?;
    let thumbprint = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, certificate.der());
    assert_eq!((&header["alg"], &header["typ"]), (&"RS256".into(), &"JWT".into()));
    assert_eq!(header["x5t"], BASE64_URL_SAFE_NO_PAD.encode(thumbprint));
    assert_eq!(header["x5c"][0], BASE64_STANDARD.encode(certificate.der()));
    assert_eq!(claims["aud"], format!("http://{}/{}/oauth2/v2.0/token", entra.address(), TENANT.1));
    assert_eq!((&claims["iss"], &claims["sub"]), (&CLIENT.1.into(), &CLIENT.1.into()));
    assert_eq!((&claims["nbf"], &claims["exp"]), (&NOW.into(), &(NOW + 600).into()));
    assert!(claims["jti"].as_str().is_some_and(|id| id.len() > 20), "{claims}");
    Ok(())
}

#[tokio::test]
async fn a_pod_has_a_federated_token_in_a_file() -> Outcome {
    let entra = Scripted::start(|_, _| json("200 OK", GIVEN))?;
    let authority = format!("http://{}/", entra.address());
    let variables = [TENANT, CLIENT, ("AZURE_AUTHORITY_HOST", &*authority), ("AZURE_FEDERATED_TOKEN_FILE", "/token")];
    let identities = identities(&variables, &[("/token", "eyJ.federated")]);
    identities.azure(BLOB_SCOPE, None).await?;
    let asked = format!(
        "client_id={}&scope=https%3A%2F%2Fstorage.azure.com%2F.default&grant_type=client_credentials&\
         client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer&client_assertion=eyJ.federated",
        CLIENT.1
    );
    assert_eq!(entra.bodies()[0], asked);
    let login = identities.git_login(Provider::Azure, "https://dev.azure.com/org/project/_git/app", None).await?;
    assert_eq!(login, GitLogin::Bearer(Secret::new("eyJ0")));
    assert_eq!(field(&entra.bodies()[1], "scope"), "499b84ac-1321-427f-aa17-267ca6975798%2F.default");
    identities.azure(BLOB_SCOPE, None).await?;
    assert_eq!(entra.bodies().len(), 2, "tokens are kept, each for what it is for");
    Ok(())
}

#[tokio::test]
async fn sec_c10_a_refusal_does_not_repeat_the_secret() -> Outcome {
    let entra = Scripted::start(|_, _| {
        json(
            "401 Unauthorized",
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret S3NTINEL"}"#,
        )
    })?;
    let client = client(&entra, AzureProof::Secret(Secret::new("S3NTINEL")));
    let error = identities(&[], &[]).azure_client(&client, BLOB_SCOPE, None).await.err().ok_or("refused")?;
    let said = "invalid_client: AADSTS7000215: Invalid client secret ***";
    assert_eq!(chain(&error), format!("POST http://{}/{}/oauth2/v2.0/token: {said}", entra.address(), TENANT.1));
    Ok(())
}

#[tokio::test]
async fn sec_c1_a_users_authority_is_not_everybody() -> Outcome {
    for (authority, cause) in [
        ("http://login.example/", "credentials are sent over TLS only"),
        ("https://169.254.169.254/", "is link-local or of a cloud's metadata service"),
    ] {
        let proof = AzureProof::Secret(Secret::new("s"));
        let client = AzureClient { tenant: "t".to_owned(), client: "c".to_owned(), authority: Some(authority.to_owned()), proof };
        let error = identities(&[], &[]).azure_client(&client, BLOB_SCOPE, None).await.err().ok_or("refused")?;
        assert!(chain(&error).contains(cause), "{}", chain(&error));
    }
    let odd = AzureClient {
        tenant: "../x?".to_owned(),
        client: "c".to_owned(),
        authority: None,
        proof: AzureProof::Secret(Secret::new("s")),
    };
    let error = identities(&[], &[]).azure_client(&odd, BLOB_SCOPE, None).await.err().ok_or("refused")?;
    assert_eq!(chain(&error), "the tenant is neither an id nor a domain");
    Ok(())
}

#[tokio::test]
async fn what_the_process_is_may_be_withheld() -> Outcome {
    let entra = Scripted::start(|_, _| json("200 OK", GIVEN))?;
    let authority = format!("http://{}/", entra.address());
    let variables = [TENANT, CLIENT, ("AZURE_AUTHORITY_HOST", &*authority), ("AZURE_CLIENT_SECRET", "s")];
    let identities = identities(&variables, &[]).without_process("use another");
    let said = "the identity of a ServiceAccount that is the default is not supported; use another";
    let error = identities.azure(BLOB_SCOPE, None).await.err().ok_or("refused")?;
    assert_eq!(chain(&error), said);
    let error = identities.registry_login(Provider::Azure, "foo.azurecr.io", None).await.err().ok_or("refused")?;
    assert_eq!(chain(&error), said);
    identities.azure_client(&client(&entra, AzureProof::Secret(Secret::new("s"))), BLOB_SCOPE, None).await?;
    assert_eq!(entra.received().len(), 1, "only the application asked");
    Ok(())
}

#[tokio::test]
async fn managed_identities_are_refused_in_words() -> Outcome {
    let error = identities(&[CLIENT], &[]).azure(BLOB_SCOPE, None).await.err().ok_or("refused")?;
    assert!(chain(&error).starts_with("a managed identity, by the metadata service of the machine, is not supported; "));
    Ok(())
}
