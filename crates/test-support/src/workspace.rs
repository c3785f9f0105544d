//! Where things of this workspace are: its root, its cache directory, free ports.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

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

/// Ports of loopback that nobody listens on right now. Another process may take one before its use: be ready to try again.
pub fn free_ports<const N: usize>() -> std::io::Result<[u16; N]> {
    // All are held together, so that no two are the same.
    let listeners = (0..N).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<Result<Vec<_>, _>>()?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}
