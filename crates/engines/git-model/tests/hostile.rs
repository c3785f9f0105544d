//! No input makes the parsers panic. The inputs are damaged copies of good ones, the same in every run.

use git_model::{Commit, ObjectId, Reference, RepositoryUrl, Scheme, Tag, Wanted};

/// Marsaglia's xorshift: numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }

    /// Changes, removes, doubles or inserts a few bytes.
    fn damage(&mut self, good: &[u8]) -> Vec<u8> {
        let mut bytes = good.to_vec();
        for _ in 0..=self.below(6) {
            let at = self.below(bytes.len() + 1);
            let interesting = b"\n \0<>:/@%-+.*|~^x0\xff\xc3";
            match self.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, interesting[self.below(interesting.len())]),
                2 if at < bytes.len() => bytes[at] = interesting[self.below(interesting.len())],
                _ => bytes = [&bytes[..at], &bytes[bytes.len() - at..]].concat(),
            }
        }
        bytes
    }
}

#[test]
fn damaged_objects_addresses_and_references_do_not_panic() {
    let id: ObjectId = "a".repeat(40).parse().unwrap();
    let objects: [&[u8]; 2] = [include_bytes!("objects/commit-signed-ssh.txt"), include_bytes!("objects/tag-signed-ssh.txt")];
    let texts = [
        "https://user:s3cret@host:8080/a/b%20c.git?x#y",
        "ssh://git@[::1]:22/a",
        ">=1.2.3-rc.1 <2 || ~1.x, ^v3 - 4",
        "refs/tags/v1^{}",
    ];
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut parsed = 0;
    for round in 0..20_000 {
        let bytes = numbers.damage(objects[round % 2]);
        parsed += usize::from(Commit::parse(id.clone(), &bytes).is_ok());
        parsed += usize::from(Tag::parse(id.clone(), &bytes).is_ok());
        let text = String::from_utf8_lossy(&numbers.damage(texts[round % 4].as_bytes())).into_owned();
        if let Ok(url) = RepositoryUrl::parse(&text) {
            let authority = url.to_string().split('/').nth(2).map(str::to_owned);
            assert_eq!(authority.map(|text| text.matches('@').count() <= usize::from(url.scheme() == Scheme::Ssh)), Some(true));
            parsed += 1;
        }
        for wanted in [Wanted { semver: Some(&text), ..Wanted::default() }, Wanted { name: Some(&text), ..Wanted::default() }] {
            if let Ok(reference) = Reference::choose(&wanted) {
                assert!(reference.resolve(&[]).is_err());
                parsed += 1;
            }
        }
    }
    assert!(parsed > 1000, "{parsed} inputs were accepted");
}
