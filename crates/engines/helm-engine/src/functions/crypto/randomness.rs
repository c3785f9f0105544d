//! The randomness of the host for libraries that want a generator of theirs.

use std::convert::Infallible;

use go_template::{Call, FunctionError};
use rsa::rand_core::{TryCryptoRng, TryRng};

use crate::functions::random;

/// A generator that takes every byte from the port.
///
/// A generator cannot fail, but a port can. After that it counts, so that whoever uses it comes to an end, and [`Self::finish`]
/// gives the error instead of what was made.
pub(super) struct PortGenerator<'c, 'r> {
    call: &'r Call<'c>,
    failure: Option<FunctionError>,
    counter: u64,
}

impl<'c, 'r> PortGenerator<'c, 'r> {
    pub(super) fn new(call: &'r Call<'c>) -> Self {
        Self { call, failure: None, counter: 0 }
    }

    /// What was made, unless the port failed meanwhile.
    pub(super) fn finish<T>(self, made: T) -> Result<T, FunctionError> {
        self.failure.map_or(Ok(made), Err)
    }

    fn fill(&mut self, buffer: &mut [u8]) {
        if self.failure.is_none() {
            self.failure = random::fill(buffer, self.call).err();
        }
        if self.failure.is_some() {
            for chunk in buffer.chunks_mut(8) {
                self.counter += 1;
                chunk.copy_from_slice(&self.counter.to_le_bytes()[..chunk.len()]);
            }
        }
    }
}

impl TryRng for PortGenerator<'_, '_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), Infallible> {
        self.fill(buffer);
        Ok(())
    }
}

impl TryCryptoRng for PortGenerator<'_, '_> {}
