//! A token service whose answers are those that MinIO documents for AssumeRoleWithLDAPIdentity.

use bucket_client::{BucketClient, Cause, DirectoryUser, Limits, Secret, Tls};
use std::time::Duration;
use test_support::scripted::{Answer, Scripted};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const GIVEN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<AssumeRoleWithLDAPIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithLDAPIdentityResult><AssumedRoleUser><Arn></Arn></AssumedRoleUser>
    <Credentials><AccessKeyId>Y4RJU1RNFGK48LGO9I2S</AccessKeyId><SecretAccessKey>sYLRKS1Z7hSjluf6gEbb</SecretAccessKey>
      <Expiration>2019-08-08T20:26:12Z</Expiration><SessionToken>eyJh</SessionToken></Credentials>
  </AssumeRoleWithLDAPIdentityResult><ResponseMetadata/></AssumeRoleWithLDAPIdentityResponse>"#;
const REFUSED: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type></Type><Code>InvalidParameterValue</Code>
  <Message>LDAP server error: no such user S3NTINEL</Message></Error><RequestId>1</RequestId></ErrorResponse>"#;

fn user(server: &Scripted) -> Result<DirectoryUser, Box<dyn std::error::Error>> {
    Ok(DirectoryUser {
        endpoint: format!("http://{}/", server.address()).parse()?,
        username: "me".to_owned(),
        password: Secret::new("S3NTINEL"),
        tls: Tls::default(),
        proxy: None,
        timeout: Duration::from_secs(20),
    })
}

fn scripted(status: &'static str, body: &'static str) -> std::io::Result<Scripted> {
    Scripted::start(move |_, _| -> Answer { (status, Vec::new(), body.to_owned()) })
}

#[tokio::test]
async fn credentials_come_with_their_session() -> Outcome {
    let server = scripted("200 OK", GIVEN)?;
    let credentials = BucketClient::new("test", Limits::default()).temporary_credentials(&user(&server)?).await?;
    assert_eq!(credentials.access_key, "Y4RJU1RNFGK48LGO9I2S");
    assert_eq!(credentials.secret_key, b"sYLRKS1Z7hSjluf6gEbb");
    assert_eq!(credentials.session_token.as_deref(), Some("eyJh"));
    let head = &server.received()[0];
    assert!(head.starts_with("POST / ") && !head.contains("S3NTINEL"), "the password is in the body: {head}");
    Ok(())
}

#[tokio::test]
async fn sec_c10_a_refusal_does_not_repeat_the_password() -> Outcome {
    let client = BucketClient::new("test", Limits::default());
    let refusing = scripted("400 Bad Request", REFUSED)?;
    let error = client.temporary_credentials(&user(&refusing)?).await.err().ok_or("it is refused")?;
    assert_eq!(error.cause.to_string(), "LDAP server error: no such user ***");
    let odd = scripted("200 OK", "<Other/>")?;
    let error = client.temporary_credentials(&user(&odd)?).await.err().ok_or("it is refused")?;
    assert!(matches!(error.cause, Cause::Content(_)), "{}", error.cause);
    Ok(())
}
