//! Reads a body without trusting its length.

use bytes::{Bytes, BytesMut};
use reqwest::Response;

/// Why a body was not read to its end.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is longer than allowed.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes allowed.
        limit: u64,
    },
    /// The connection broke.
    #[error("the answer broke off")]
    Broken(#[source] reqwest::Error),
}

/// The whole body, of at most `limit` bytes.
///
/// # Errors
/// When it is longer, which the announced length may tell at once, or when the connection breaks.
pub async fn read_body(mut response: Response, limit: u64) -> Result<Bytes, BodyError> {
    let announced = response.content_length().unwrap_or_default();
    if announced > limit {
        return Err(BodyError::TooLarge { limit });
    }
    let mut body = BytesMut::with_capacity(usize::try_from(announced).unwrap_or_default());
    while let Some(chunk) = response.chunk().await.map_err(|error| BodyError::Broken(error.without_url()))? {
        if (body.len() + chunk.len()) as u64 > limit {
            return Err(BodyError::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
