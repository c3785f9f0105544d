//! Which redirects to follow, and with whom we stay acquainted.

use reqwest::Url;

/// Where a redirect of `from` leads. It must stay with HTTP, not fall back from TLS to clear text, and lead to the same service
/// of a repository (`suffix`), because the address of the repository is what remains when `suffix` is taken off.
pub(super) fn follow(from: &Url, location: Option<&str>, suffix: &str) -> Result<Url, &'static str> {
    let location = location.ok_or("no location")?;
    // A backslash is a slash to some parsers and part of a user name to others.
    if location.chars().any(|c| c.is_ascii_control() || c == '\\') {
        return Err("malformed location");
    }
    let to = from.join(location).map_err(|_| "malformed location")?;
    if !to.username().is_empty() || to.password().is_some() {
        return Err("location with credentials");
    }
    match (from.scheme(), to.scheme()) {
        (_, "https") | ("http", "http") => {}
        ("https", "http") => return Err("from https to http"),
        _ => return Err("unsupported scheme"),
    }
    if !to.as_str().ends_with(suffix) {
        return Err("location is not that of a git repository");
    }
    Ok(to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_client::is_same_party;

    const SUFFIX: &str = "/info/refs?service=git-upload-pack";

    fn outcome(from: &str, location: &str) -> Result<(String, bool), &'static str> {
        let from = Url::parse(&format!("{from}{SUFFIX}")).expect("the address is valid");
        let to = follow(&from, Some(location), SUFFIX)?;
        let same = is_same_party(&from, &to);
        Ok((to.as_str().trim_end_matches(SUFFIX).to_owned(), same))
    }

    #[test]
    fn a_redirect_within_the_server_keeps_the_credentials() {
        assert_eq!(outcome("https://h/a", &format!("/a.git{SUFFIX}")), Ok(("https://h/a.git".to_owned(), true)));
        assert_eq!(outcome("http://h/a", &format!("https://h/a.git{SUFFIX}")), Ok(("https://h/a.git".to_owned(), true)));
    }

    #[test]
    fn sec_b5_credentials_do_not_follow_to_another_authority() {
        for (from, to) in [
            ("https://good.com/a", "https://evil.com/a"),
            ("https://good.com/a", "https://good.com:8443/a"),
            ("http://good.com:8080/a", "https://good.com/a"),
            ("http://good.com/a", "http://evil.com/a"),
            ("https://good.com/a", "https://good.com.evil.com/a"),
            ("https://good.com/a", "//evil.com/a"),
        ] {
            let (_, same) = outcome(from, &format!("{to}{SUFFIX}")).expect("the redirect is followed");
            assert!(!same, "{from} -> {to}");
        }
    }

    #[test]
    fn sec_b5_malformed_and_downgrading_redirects_are_refused() {
        for to in [
            "http://good.com/a",
            "http://evil/",
            "https://good.com\\@evil.com/a",
            "https://good.com@evil.com/a",
            "https://user:pass@good.com/a",
            "file:///etc/passwd",
            "ext::sh -c id",
            "https://good.com/\r\nX: y",
        ] {
            assert!(outcome("https://good.com/a", &format!("{to}{SUFFIX}")).is_err(), "{to}");
        }
        assert!(outcome("https://good.com/a", &format!("https://good.com#@evil.com/a{SUFFIX}")).is_ok_and(|(_, same)| same));
        assert!(outcome("https://good.com/a", "https://good.com/login").is_err());
    }
}
