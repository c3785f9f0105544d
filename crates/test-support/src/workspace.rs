//! Where things of this workspace are: its root, its cache directory, free ports.

use std::hash::{BuildHasher, RandomState};
use std::net::TcpListener;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Where [`free_ports`] looks. Linux takes the ports of outgoing connections from 32768 upward.
const PORTS: Range<u16> = 20_000..32_000;

/// The root of the checkout.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Where costly things are kept between runs: `$WEIR_CACHE`, else `weir` below the user's cache directory.
pub fn cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    variable("WEIR_CACHE").unwrap_or_else(|| {
        let base = variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")));
        base.unwrap_or_else(std::env::temp_dir).join("weir")
    })
}

/// Ports of loopback that nobody listens on right now. Another process may take one before its use, which is unlikely: they are
/// random ones below the range from which the system takes the ports of outgoing connections.
pub fn free_ports<const N: usize>() -> std::io::Result<[u16; N]> {
    let count = PORTS.len() as u64;
    let start = RandomState::new().hash_one(N) % count;
    // All are held together, so that no two are the same.
    let listeners: Vec<TcpListener> = (0..count)
        .filter_map(|offset| u16::try_from((start + offset) % count).ok())
        .filter_map(|offset| TcpListener::bind(("127.0.0.1", PORTS.start + offset)).ok())
        .take(N)
        .collect();
    let ports = listeners.iter().map(|listener| listener.local_addr().map(|address| address.port()));
    let ports: Vec<u16> = ports.collect::<Result<_, _>>()?;
    ports.try_into().map_err(|_| std::io::Error::from(std::io::ErrorKind::AddrInUse))
}
