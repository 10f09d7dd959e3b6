//! Keys: from an encrypted keystore file, an environment variable, or a hidden prompt. A key is never
//! printed, and never taken from the command line, where other processes could read it.

use std::{
    env, fs,
    io::IsTerminal,
    path::{Path, PathBuf},
};

use alloy::signers::local::PrivateKeySigner;
use clap::Args;

use crate::failure::Failure;

/// The environment variable a key is looked for in, unless another is named.
pub const DEFAULT_VARIABLE: &str = "CLAY_PRIVATE_KEY";

/// Where the key comes from. Without any of these options: from CLAY_PRIVATE_KEY, else from a prompt.
#[derive(Args, Clone, Debug, Default)]
pub struct KeyOptions {
    /// Encrypted keystore file (Web3 Secret Storage) with the key.
    #[arg(long, value_name = "FILE")]
    pub keystore: Option<PathBuf>,
    /// File with the keystore's password; without it, a prompt asks.
    #[arg(long, value_name = "FILE", requires = "keystore")]
    pub password_file: Option<PathBuf>,
    /// Name of the environment variable that holds the private key.
    #[arg(long, value_name = "NAME", conflicts_with = "keystore")]
    pub private_key_env: Option<String>,
}

impl KeyOptions {
    /// The signer these options name.
    ///
    /// # Errors
    /// [`Failure::Key`] if there is no key there, or not a valid one.
    pub fn signer(&self) -> Result<PrivateKeySigner, Failure> {
        if let Some(file) = &self.keystore {
            let password = password(self.password_file.as_deref(), "Password of the keystore: ")?;
            return open_keystore(file, &password);
        }
        let name = self.private_key_env.as_deref().unwrap_or(DEFAULT_VARIABLE);
        match env::var(name) {
            Ok(key) => parse(&key)
                .ok_or_else(|| Failure::Key(format!("{name} holds no valid private key."))),
            Err(_) if self.private_key_env.is_some() => {
                Err(Failure::Key(format!("{name} is not set.")))
            }
            Err(_) => {
                let key = prompt("Private key (hidden): ")?;
                parse(&key).ok_or_else(|| Failure::Key("That is not a valid private key.".into()))
            }
        }
    }

    /// Like [`Self::signer`], but none where it would have to ask for a key.
    ///
    /// # Errors
    /// As for [`Self::signer`].
    pub fn signer_without_asking(&self) -> Result<Option<PrivateKeySigner>, Failure> {
        let named = self.keystore.is_some() || self.private_key_env.is_some();
        if named || env::var_os(DEFAULT_VARIABLE).is_some() {
            return self.signer().map(Some);
        }
        Ok(None)
    }
}

/// Creates a keystore file with a new random key and returns its signer.
///
/// # Errors
/// [`Failure::Key`] if the file exists, the password is empty, or the file cannot be written.
pub fn create_keystore(file: &Path, password: &str) -> Result<PrivateKeySigner, Failure> {
    let problem = |what: &str| Failure::Key(format!("{}: {what}", file.display()));
    if file.exists() {
        return Err(problem("the file exists; a keystore is never overwritten."));
    }
    if password.is_empty() {
        return Err(Failure::Key("A keystore needs a password.".into()));
    }
    let name = file
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| problem("not a file name."))?;
    let folder = file
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| problem(&error.to_string()))?;
    let (signer, _) =
        PrivateKeySigner::new_keystore(folder, &mut rand::thread_rng(), password, Some(name))
            .map_err(|error| problem(&error.to_string()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600))
            .map_err(|error| problem(&error.to_string()))?;
    }
    Ok(signer)
}

/// Opens a keystore file.
///
/// # Errors
/// [`Failure::Key`] if the file cannot be read, is no keystore, or the password is wrong.
pub fn open_keystore(file: &Path, password: &str) -> Result<PrivateKeySigner, Failure> {
    PrivateKeySigner::decrypt_keystore(file, password)
        .map_err(|error| Failure::Key(format!("{}: {error}", file.display())))
}

/// The password in a file (its first line), or from a prompt.
///
/// # Errors
/// [`Failure::Key`] if the file cannot be read or there is nobody to ask.
pub fn password(file: Option<&Path>, question: &str) -> Result<String, Failure> {
    let Some(file) = file else {
        return prompt(question);
    };
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::Key(format!("{}: {error}", file.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Asks on the terminal, without showing what is typed.
fn prompt(question: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Key(format!(
            "No key: give one by --keystore FILE (and --password-file), or in {DEFAULT_VARIABLE}."
        )));
    }
    rpassword::prompt_password(question).map_err(|error| Failure::Key(error.to_string()))
}

fn parse(key: &str) -> Option<PrivateKeySigner> {
    key.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keystore_gives_its_key_back_to_who_knows_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys/alice.json");
        let created = create_keystore(&file, "correct horse").unwrap();
        assert_eq!(
            open_keystore(&file, "correct horse").unwrap().address(),
            created.address()
        );
        assert!(open_keystore(&file, "wrong horse").is_err());

        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&alloy::hex::encode(created.to_bytes())));
    }

    #[cfg(unix)]
    #[test]
    fn a_keystore_is_its_owners_alone_and_never_overwritten() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("alice.json");
        create_keystore(&file, "pw").unwrap();
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(create_keystore(&file, "pw")
            .unwrap_err()
            .to_string()
            .contains("never overwritten"));
    }

    #[test]
    fn options_find_the_key_in_file_or_variable() {
        let folder = tempfile::tempdir().unwrap();
        let (file, password) = (folder.path().join("k.json"), folder.path().join("pw"));
        fs::write(&password, "secret\n").unwrap();
        let created = create_keystore(&file, "secret").unwrap();
        let options = KeyOptions {
            keystore: Some(file),
            password_file: Some(password),
            ..Default::default()
        };
        assert_eq!(options.signer().unwrap().address(), created.address());

        let missing = KeyOptions {
            private_key_env: Some("CLAY_TEST_UNSET".into()),
            ..Default::default()
        };
        assert_eq!(
            missing.signer().unwrap_err().to_string(),
            "CLAY_TEST_UNSET is not set."
        );

        env::set_var("CLAY_TEST_BAD", "0x1234");
        let bad = KeyOptions {
            private_key_env: Some("CLAY_TEST_BAD".into()),
            ..Default::default()
        };
        let message = bad.signer().unwrap_err().to_string();
        assert!(
            !message.contains("1234"),
            "the value is not shown: {message}"
        );
    }
}
