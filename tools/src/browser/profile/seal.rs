//! Encryption of what is kept: AES-256-GCM with a fresh random nonce for each file.
//!
//! A sealed file is a header (magic, format, id of the key, nonce) and the encrypted text with its tag. The header is
//! authenticated too, so a change of any byte is found. The id of the key is a hash of it: it is what tells a wrong key from a
//! damaged file, which have different ways out.

use std::fs::Permissions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

use super::error::ProfileError;

/// The format that is written.
pub(super) const VERSION: u8 = 1;
const MAGIC: &[u8; 16] = b"handiwork state\n";
const KEY: usize = 32;
const ID: usize = 8;
const HEADER: usize = MAGIC.len() + 1 + ID + NONCE_LEN;

/// The key that profiles are encrypted with.
#[derive(Clone)]
pub struct Key([u8; KEY]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl Key {
    /// A key from its text: 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, ProfileError> {
        let wrong = || ProfileError::Key {
            problem: "the key for profiles is not 64 hexadecimal digits".to_owned(),
            hint: "make one with `openssl rand -hex 32`, and keep it: without it saved profiles can't be read".to_owned(),
        };
        let digits = text.trim().as_bytes();
        let mut key = [0; KEY];
        if digits.len() != KEY * 2 {
            return Err(wrong());
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| pair.get(at).and_then(|digit| char::from(*digit).to_digit(16)).ok_or_else(wrong);
            *byte = (digit(0)? * 16 + digit(1)?) as u8;
        }
        Ok(Self(key))
    }

    /// The key in a file that only its owner may read; made if it is not there.
    pub fn at(file: &Path) -> Result<Self, ProfileError> {
        loop {
            match std::fs::File::open(file) {
                Ok(found) => return Self::read(file, found),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(ProfileError::io("read", file, &error)),
            }
            // Somebody else may be making it right now: whoever is second takes what the first one made.
            match make(file) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(ProfileError::io("written", file, &error)),
            }
        }
    }

    fn read(file: &Path, found: std::fs::File) -> Result<Self, ProfileError> {
        let mode = found.metadata().map_err(|error| ProfileError::io("read", file, &error))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(ProfileError::Key {
                problem: format!("others may read the key file {}", file.display()),
                hint: format!("make it yours alone: chmod 600 {}", file.display()),
            });
        }
        let mut text = String::new();
        found.take(4096).read_to_string(&mut text).map_err(|error| ProfileError::io("read", file, &error))?;
        let key = Self::from_hex(&text).map_err(|_| ProfileError::Key {
            problem: format!("the key file {} is damaged", file.display()),
            hint: "restore it from a backup; if there is none, delete it together with the saved profiles and log in again".to_owned(),
        });
        text.zeroize();
        key
    }

    fn id(&self) -> [u8; ID] {
        let hash = Sha256::new().chain_update(b"handiwork key id").chain_update(self.0).finalize();
        let mut id = [0; ID];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        id
    }

    /// A digest that tells nothing to those who don't have the key.
    pub(crate) fn digest(&self, text: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        let mut context = hmac::Context::with_key(&key);
        // The same key encrypts: what it is used for here is told apart.
        context.update(b"handiwork digest\n");
        context.update(text);
        handiwork_core::screen::hex(context.sign().as_ref())
    }

    fn cipher(&self) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.0).ok().map(LessSafeKey::new)
    }
}

fn make(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut key = [0_u8; KEY];
    aws_lc_rs::rand::fill(&mut key).map_err(|_| std::io::Error::other("the system gives no random numbers"))?;
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    // Of its final size from the start: a string that grows leaves copies behind.
    let mut text = String::with_capacity(KEY * 2);
    text.extend(key.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
    key.zeroize();
    let mut made = tempfile::Builder::new().permissions(Permissions::from_mode(0o600)).tempfile_in(folder)?;
    made.write_all(text.as_bytes())?;
    text.zeroize();
    made.as_file().sync_all()?;
    made.persist_noclobber(file).map_err(|error| error.error)?;
    std::fs::File::open(folder)?.sync_all()
}

/// Encrypts.
pub(crate) fn seal(mut text: Vec<u8>, key: &Key) -> Option<Vec<u8>> {
    let mut nonce = [0_u8; NONCE_LEN];
    aws_lc_rs::rand::fill(&mut nonce).ok()?;
    let header: Vec<u8> = MAGIC.iter().copied().chain([VERSION]).chain(key.id()).chain(nonce).collect();
    key.cipher()?.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&header), &mut text).ok()?;
    Some([header, text].concat())
}

/// Decrypts what `file` holds.
pub(crate) fn open(bytes: &[u8], key: &Key, file: &Path) -> Result<Vec<u8>, ProfileError> {
    let file = file.to_path_buf();
    let Some(rest) = bytes.strip_prefix(MAGIC) else { return Err(ProfileError::NotState { file }) };
    match rest.first() {
        Some(&VERSION) => {}
        Some(&version) if version > VERSION => return Err(ProfileError::Newer { file, version }),
        _ => return Err(ProfileError::Damaged { file }),
    }
    let Some((header, sealed)) = bytes.split_at_checked(HEADER) else { return Err(ProfileError::Damaged { file }) };
    let (id, nonce) = header.split_at(HEADER - NONCE_LEN);
    if !id.ends_with(&key.id()) {
        return Err(ProfileError::WrongKey { file });
    }
    let mut text = sealed.to_vec();
    let opened = key.cipher().zip(Nonce::try_assume_unique_for_key(nonce).ok());
    let length = opened.and_then(|(cipher, nonce)| cipher.open_in_place(nonce, Aad::from(header), &mut text).ok().map(|open| open.len()));
    match length {
        Some(length) => {
            text.truncate(length);
            Ok(text)
        }
        None => Err(ProfileError::Damaged { file }),
    }
}
