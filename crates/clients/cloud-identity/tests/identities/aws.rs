//! Amazon.

use super::{NOW, Outcome, chain, identities};
use cloud_identity::{AwsWish, GitLogin, Provider, Secret};
use jiff::Timestamp;
use test_support::scripted::Scripted;

const REGION: (&str, &str) = ("AWS_REGION", "eu-west-2");
const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "S3NTINEL")];
const REGISTRY: &str = "012345678901.dkr.ecr.eu-west-2.amazonaws.com";

/// The example of the documentation of AssumeRoleWithWebIdentity, shortened, with another time.
const ASSUMED: &str = r#"<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <SubjectFromWebIdentityToken>amzn1.account.AF6RHO7KZU5XRVQJGXK6HB56KR2A</SubjectFromWebIdentityToken>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/role/app1</Arn></AssumedRoleUser>
    <Credentials>
      <SessionToken>AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp</SessionToken>
      <SecretAccessKey>wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY</SecretAccessKey>
      <Expiration>2023-11-14T23:13:20Z</Expiration>
      <AccessKeyId>ASgeIAIOSFODNN7EXAMPLE</AccessKeyId>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"#;

#[tokio::test]
async fn a_role_is_taken_on_with_the_token_in_a_file_and_kept() -> Outcome {
    let service = Scripted::start(|_, _| ("200 OK", Vec::new(), ASSUMED.to_owned()))?;
    let endpoint = format!("http://{}", service.address());
    let variables = [
        REGION,
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/role"),
        ("AWS_ROLE_SESSION_NAME", "app1"),
        ("AWS_ENDPOINT_URL_STS", &endpoint),
    ];
    let identities = identities(&variables, &[("/token", "eyJ.abc\n")]);
    let keys = identities.aws(&AwsWish::default(), None).await?;
    assert_eq!(keys.name, "ASgeIAIOSFODNN7EXAMPLE");
    assert_eq!(keys.secret, Secret::new("wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"));
    assert_eq!(keys.session, Some(Secret::new("AQoDYXdzEE0a8ANXXXXXXXXNO1ewxE5TijQyp")));
    assert_eq!(keys.expires, Some(Timestamp::from_second(NOW + 3_600)?));
    assert!(service.received()[0].starts_with("POST / HTTP/1.1\r\n"), "{:?}", service.received());
    let asked = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Frole&\
                 RoleSessionName=app1&WebIdentityToken=eyJ.abc";
    assert_eq!(service.bodies()[0], asked);
    identities.aws(&AwsWish::default(), None).await?;
    assert_eq!(service.received().len(), 1, "the keys are kept");
    identities.aws(&AwsWish { region: Some("us-east-1".to_owned()), endpoint: None }, None).await?;
    assert_eq!(service.received().len(), 2, "those of another region are others");
    Ok(())
}

#[tokio::test]
async fn sec_c10_a_refusal_does_not_repeat_the_token() -> Outcome {
    let service = Scripted::start(|_, _| {
        let body = "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>no S3NTINEL</Message></Error>\
                    <RequestId>1</RequestId></ErrorResponse>";
        ("400 Bad Request", Vec::new(), body.to_owned())
    })?;
    let endpoint = format!("http://{}/", service.address());
    let variables = [
        REGION,
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"),
        ("AWS_ROLE_ARN", "arn:aws:iam::1:role/r"),
        ("AWS_ENDPOINT_URL_STS", &endpoint),
    ];
    let error = identities(&variables, &[("/token", "S3NTINEL")]).aws(&AwsWish::default(), None).await.err().ok_or("refused")?;
    assert_eq!(chain(&error), format!("POST {endpoint}: InvalidIdentityToken: no ***"));
    Ok(())
}

#[tokio::test]
async fn the_agent_for_pods_gives_keys() -> Outcome {
    // An answer of the documentation of EKS Pod Identity's agent.
    let agent = Scripted::start(|_, _| {
        let body = r#"{"AccessKeyId":"ASIA","SecretAccessKey":"secret","Token":"session","Expiration":"2023-11-14T23:13:20Z","AccountId":"1"}"#;
        ("200 OK", Vec::new(), body.to_owned())
    })?;
    let address = format!("http://{}/v1/credentials", agent.address());
    let variables =
        [REGION, ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*address), ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "/token")];
    let keys = identities(&variables, &[("/token", "eyJ")]).aws(&AwsWish::default(), None).await?;
    assert_eq!((keys.name.as_str(), keys.session), ("ASIA", Some(Secret::new("session"))));
    let head = &agent.received()[0];
    assert!(head.starts_with("GET /v1/credentials HTTP/1.1\r\n") && head.contains("authorization: eyJ\r\n"), "{head}");
    let far = [REGION, ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://10.0.0.1/v1/credentials")];
    let error = identities(&far, &[]).aws(&AwsWish::default(), None).await.err().ok_or("refused")?;
    assert!(chain(&error).contains("leads neither to an agent nor over TLS"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn keys_in_the_environment_come_first_and_what_is_missing_is_said() -> Outcome {
    let keys = identities(&[REGION, KEYS[0], KEYS[1], ("AWS_WEB_IDENTITY_TOKEN_FILE", "/none")], &[]);
    let keys = keys.aws(&AwsWish::default(), None).await?;
    assert_eq!((keys.name.as_str(), keys.secret, keys.expires), ("AKIDEXAMPLE", Secret::new("S3NTINEL"), None));
    let said = |variables| async move {
        identities(variables, &[]).aws(&AwsWish::default(), None).await.err().map(|error| chain(&error)).unwrap_or_default()
    };
    assert_eq!(said(&[]).await, "the environment variable AWS_REGION is not set for this controller");
    assert!(said(&[REGION]).await.starts_with("the identity of the machine, by its metadata service, is not supported; "));
    let role = &[REGION, ("AWS_WEB_IDENTITY_TOKEN_FILE", "/none"), ("AWS_ROLE_ARN", "arn")];
    assert_eq!(said(role).await, "read /none: entity not found");
    Ok(())
}

#[tokio::test]
async fn sec_c2_a_token_service_that_a_user_names_has_to_be_amazons() -> Outcome {
    let service = Scripted::start(|_, _| ("200 OK", Vec::new(), ASSUMED.to_owned()))?;
    let variables = [REGION, ("AWS_WEB_IDENTITY_TOKEN_FILE", "/token"), ("AWS_ROLE_ARN", "arn")];
    let wish = AwsWish { region: None, endpoint: Some(format!("http://{}", service.address())) };
    let error = identities(&variables, &[("/token", "eyJ")]).aws(&wish, None).await.err().ok_or("refused")?;
    assert!(chain(&error).starts_with("invalid STS endpoint: "), "{}", chain(&error));
    assert!(service.received().is_empty());
    Ok(())
}

#[tokio::test]
async fn registries_give_a_user_and_a_password() -> Outcome {
    // The example of the documentation of GetAuthorizationToken: the token is `AWS:password` in base64.
    let service = Scripted::start(|_, head| {
        let token = "QVdTOnBhc3N3b3Jk";
        let body = if head.contains("SpencerFrontendService") {
            format!(r#"{{"authorizationData":{{"authorizationToken":"{token}","expiresAt":1700043200.123}}}}"#)
        } else {
            format!(
                r#"{{"authorizationData":[{{"authorizationToken":"{token}","expiresAt":1.7000432E9,"proxyEndpoint":"https://{REGISTRY}"}}]}}"#
            )
        };
        ("200 OK", Vec::new(), body)
    })?;
    let endpoint = format!("http://{}", service.address());
    let variables = [KEYS[0], KEYS[1], ("AWS_ENDPOINT_URL_ECR", &endpoint), ("AWS_ENDPOINT_URL_ECR_PUBLIC", &endpoint)];
    let identities = identities(&variables, &[]);
    for registry in [REGISTRY, "public.ecr.aws"] {
        let login = identities.registry_login(Provider::Aws, registry, None).await?;
        assert_eq!(login, ("AWS".to_owned(), Secret::new("password")), "{registry}");
        identities.registry_login(Provider::Aws, registry, None).await?;
    }
    let received = service.received();
    assert_eq!(received.len(), 2, "passwords are kept");
    for (head, (target, scope)) in received.iter().zip([
        ("AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken", "20231114/eu-west-2/ecr/aws4_request"),
        ("SpencerFrontendService.GetAuthorizationToken", "20231114/us-east-1/ecr-public/aws4_request"),
    ]) {
        assert!(head.starts_with("POST / HTTP/1.1\r\n"), "{head}");
        assert!(head.contains(&format!("x-amz-target: {target}\r\n")), "{head}");
        assert!(head.contains("content-type: application/x-amz-json-1.1\r\n"), "{head}");
        assert!(head.contains(&format!("authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope},")), "{head}");
    }
    assert_eq!(service.bodies(), ["{}", "{}"]);
    let error = identities.registry_login(Provider::Aws, "ghcr.io", None).await.err().ok_or("refused")?;
    assert_eq!(chain(&error), "invalid AWS registry: 'ghcr.io'");
    Ok(())
}

#[tokio::test]
async fn code_commit_gets_a_signature_as_its_password() -> Outcome {
    let variables = [KEYS[0], KEYS[1], ("AWS_SESSION_TOKEN", "session")];
    let address = "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/app";
    let login = identities(&variables, &[]).git_login(Provider::Aws, address, None).await?;
    let GitLogin::Basic(user, password) = login else { return Err("a user and a password are wanted".into()) };
    assert_eq!(user, "AKIDEXAMPLE%session");
    // Made with aws-http-auth 1.2 of smithy-go, as Flux has it sign for CodeCommit.
    assert_eq!(password.expose_text(), Some("20231114T221320Z6980464f0f6d1d28b1d6a044ab4127ecf83ecf1d9b30a285d3dca6105a4a5e71"));
    Ok(())
}
