//! Where randomness comes from, so that tests own it.

/// A source of random bytes fit for secrets.
pub trait Entropy: Send + Sync + std::fmt::Debug {
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system always has random bytes once it has booted");
    }
}

/// `N` random bytes.
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// A random token of 32 bytes as 64 hex digits: safe in a URL, a shell and a connection string.
#[must_use]
pub fn token(entropy: &dyn Entropy) -> String {
    random::<32>(entropy).iter().map(|byte| format!("{byte:02x}")).collect()
}
