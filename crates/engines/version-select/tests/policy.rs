//! The policies of image automation and of Git's semver references.

use version_select::{Constraint, Order, PolicyError, Version, alphabetical, highest, highest_tags, numerical};

#[test]
fn the_highest_version_in_range_is_taken() {
    let tags = ["v1.0.0", "1.2", "latest", "v1.10.0", "1.9.9", "2.0.0-rc.1", "v1.10.0+a"];
    let take = |range: &str| highest(&range.parse::<Constraint>().unwrap(), tags);
    assert_eq!(take(">=1.0.0"), Some("v1.10.0"));
    assert_eq!(take("*"), Some("v1.10.0"));
    assert_eq!(take("<1.10"), Some("1.9.9"));
    assert_eq!(take(">=1.0.0-0"), Some("2.0.0-rc.1"));
    assert_eq!(take(">=9"), None);
    assert_eq!(highest_tags(&"*".parse().unwrap(), tags), ["v1.10.0", "v1.10.0+a"]);
}

/// fluxcd/pkg `version.ParseVersion`.
#[test]
fn a_tag_is_a_version_only_with_three_segments() {
    for (tag, is_version) in
        [("1.2.3", true), ("v2025.02.03-rc.1", true), ("1.2", false), ("v1", false), ("1.2-a.b", true), ("1.2.3.4", false)]
    {
        assert_eq!(Version::parse_three_segments(tag).is_ok(), is_version, "{tag}");
    }
}

#[test]
fn the_last_tag_in_order_is_taken() {
    let tags = ["b", "Z", "a", "é"];
    assert_eq!(alphabetical(tags, Order::Ascending), Ok("é"));
    assert_eq!(alphabetical(tags, Order::Descending), Ok("Z"));
    assert_eq!(alphabetical([], Order::Ascending), Err(PolicyError::Empty));
}

#[test]
fn numbers_are_ordered_by_value() {
    let tags = ["9", "10", "-1.5", "1e1", "0.5"];
    assert_eq!(numerical(tags, Order::Ascending), Ok("1e1"));
    assert_eq!(numerical(tags, Order::Descending), Ok("-1.5"));
    assert_eq!(numerical([], Order::Ascending), Err(PolicyError::Empty));
    // Go reads the last one as 16.
    for bad in ["", "v1", "1.2.3", "1e999", "1_000", "0x1p4"] {
        assert_eq!(numerical(["1", bad], Order::Ascending), Err(PolicyError::NotNumeric(bad.to_owned())), "{bad}");
    }
}
