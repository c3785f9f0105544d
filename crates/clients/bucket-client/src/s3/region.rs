//! In which region a store is, and how a bucket is addressed there, as MinIO's client decides it.

/// The region where nothing says otherwise.
pub(super) const DEFAULT_REGION: &str = "us-east-1";

/// The region in the name of an endpoint of Amazon's.
pub(super) fn region_of(host: &str) -> Option<&str> {
    let rest = host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn"))?;
    let rest = rest.strip_prefix("s3")?;
    let region = rest.trim_start_matches(['.', '-']).trim_start_matches("fips.").trim_start_matches("dualstack.");
    let is_region = region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    Some(region).filter(|region| is_region && region.matches('-').count() >= 2)
}

/// Whether the bucket is part of the host's name rather than of the path.
pub(super) fn is_part_of_host(host: &str, bucket: &str, is_tls: bool) -> bool {
    let stores = [".amazonaws.com", ".amazonaws.com.cn", ".aliyuncs.com"];
    let known = stores.iter().any(|store| host.ends_with(store)) || host == "storage.googleapis.com";
    // A certificate for one level of names does not hold for two.
    known && !(is_tls && bucket.contains('.'))
}

/// Whether a name can be a bucket's, by Amazon's rules; only such a name may become part of an address.
pub(super) fn is_bucket_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
    (3..=63).contains(&name.len()) && name.bytes().all(known) && !name.contains("..") && !name.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// minio-go's `GetRegionFromURL`.
    #[test]
    fn amazons_endpoints_name_their_region() {
        for (host, region) in [
            ("s3.eu-central-1.amazonaws.com", Some("eu-central-1")),
            ("s3-us-west-2.amazonaws.com", Some("us-west-2")),
            ("s3.dualstack.us-east-2.amazonaws.com", Some("us-east-2")),
            ("s3.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("s3.amazonaws.com", None),
            ("minio.minio.svc", None),
        ] {
            assert_eq!(region_of(host), region, "{host}");
        }
    }

    #[test]
    fn buckets_are_parts_of_hosts_at_amazon_only() {
        assert!(is_part_of_host("s3.amazonaws.com", "bucket", true));
        assert!(!is_part_of_host("s3.amazonaws.com", "my.bucket", true));
        assert!(!is_part_of_host("minio:9000", "bucket", false));
    }

    #[test]
    fn sec_c1_a_bucket_name_leads_nowhere_else() {
        assert!(is_bucket_name("my-bucket.1"));
        for name in ["", "ab", "a/b", "../x", "a..b", "evil.com#", "b?x", "a@b.c", &"x".repeat(64)] {
            assert!(!is_bucket_name(name), "{name}");
        }
    }
}
