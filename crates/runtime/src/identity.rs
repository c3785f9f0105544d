//! Who this process is: host name, namespace and random identifiers.

use std::path::Path;

/// The host name as Go's `os.Hostname` reads it on Linux, which in a pod is the pod's name. `localhost` where it cannot be read.
pub fn hostname() -> String {
    let kernel = std::fs::read_to_string(Path::new("/proc/sys/kernel/hostname")).unwrap_or_default();
    let name = kernel.trim();
    if name.is_empty() { std::env::var("HOSTNAME").unwrap_or_else(|_| "localhost".to_owned()) } else { name.to_owned() }
}

/// The namespace that the process runs in: RUNTIME_NAMESPACE, else that of the pod's service account, else `None`.
pub fn runtime_namespace() -> Option<String> {
    let account = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
    let found = std::env::var("RUNTIME_NAMESPACE").ok().filter(|text| !text.is_empty());
    found.or_else(|| std::fs::read_to_string(account).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()))
}

/// A random UUID of version 4 in its usual form.
pub fn uuid() -> String {
    let mut bytes: [u8; 16] = rand::random();
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_uuid_has_the_form_of_version_4() {
        let uuid = super::uuid();
        let parts: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12], "{uuid}");
        assert_eq!(&uuid[14..15], "4");
        assert!("89ab".contains(&uuid[19..20]), "{uuid}");
        assert_ne!(uuid, super::uuid());
    }
}
