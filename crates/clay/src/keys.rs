//! Keys: from an encrypted keystore file, an environment variable, or a hidden prompt. A key is never
//! printed, and never taken from the command line, where other processes could read it.

use std::{
    env,
    ffi::OsString,
    fs,
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
        if !is_name(name) {
            return Err(Failure::Key(
                "--private-key-env takes the name of an environment variable: what is given is none, and is not \
                 repeated here in case it is a key."
                    .into(),
            ));
        }
        match env::var(name) {
            Ok(key) => parse(&key)
                .ok_or_else(|| Failure::Key(format!("{name} holds no valid private key."))),
            Err(_) if self.private_key_env.is_some() => {
                Err(Failure::Key(format!("{name} is not set.")))
            }
            Err(_) => {
                let missing = format!(
                    "No key: give one by --keystore FILE (with --password-file FILE), or in {DEFAULT_VARIABLE}."
                );
                let key = prompt("Private key (hidden): ", &missing)?;
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
        let missing =
            "The keystore's password is missing, and there is no terminal to ask on: give it in a \
                       file, by --password-file FILE.";
        return prompt(question, missing);
    };
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::Key(format!("{}: {error}", file.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// Asks on the terminal, without showing what is typed. Without a terminal it fails, with words for what is missing.
fn prompt(question: &str, missing: &str) -> Result<String, Failure> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Key(missing.to_owned()));
    }
    rpassword::prompt_password(question).map_err(|error| Failure::Key(error.to_string()))
}

/// Whether an argument is none of the keys it looks like.
type IsNoKey = fn(&str) -> bool;

/// The options that take what looks as a key does, and how that is known to be none.
const NO_KEYS: [(&str, IsNoKey); 2] = [("--reference", is_hash), ("--call", is_call)];

/// Refuses a command line with a private key in it, whatever option it was given to, without repeating it: other
/// words about wrong arguments would show it. Only what the options of [`NO_KEYS`] take may look like one.
///
/// # Errors
/// [`Failure::Usage`] if there is one.
pub fn refuse_on_command_line(
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<(), Failure> {
    let mut of_option: Option<IsNoKey> = None;
    for argument in arguments {
        let argument = argument.to_string_lossy();
        let mut value = of_option.take().map(|is_none| (is_none, &*argument));
        for (option, is_none) in NO_KEYS {
            match argument.strip_prefix(option) {
                Some("") => of_option = Some(is_none),
                Some(after) => {
                    value = after
                        .strip_prefix('=')
                        .map(|value| (is_none, value))
                        .or(value)
                }
                None => {}
            }
        }
        if value.is_some_and(|(is_none, value)| is_none(value)) {
            continue;
        }
        // `--option=value` and `a,b,c` too.
        if argument.split(['=', ',']).any(looks_like_key) {
            return Err(Failure::Usage(format!(
                "An argument looks like a private key. Keys are never taken from the command line, where other \
                 processes and the shell's history see them: put it in a keystore (`clay keys`) or in {DEFAULT_VARIABLE}."
            )));
        }
    }
    Ok(())
}

/// 32 bytes in hexadecimal, and what differs from it by a slip: two digits too few or too many. Addresses, public
/// keys and signatures have other lengths.
fn looks_like_key(text: &str) -> bool {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    let digits = digits.unwrap_or(text);
    (62..=66).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// 32 bytes as hashes are written: any slip would be told along with the hash.
fn is_hash(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or_default();
    digits.len() == 64 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

/// A call with its arguments, which everybody sees when it is made.
fn is_call(text: &str) -> bool {
    let (function, arguments) = text.split_once('(').unwrap_or_default();
    function.contains('.') && arguments.ends_with(')')
}

/// Whether this is how variables are named, and no key.
fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    !text.is_empty()
        && text.bytes().all(plain)
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && !looks_like_key(text)
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

    #[test]
    fn what_looks_like_a_key_is_refused_and_not_repeated() {
        let digits = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        for argument in [
            digits.to_owned(),
            format!("0x{digits}"),
            format!("0x{}", digits.to_uppercase()),
            // A digit was lost.
            format!("0x{}", &digits[1..]),
            format!("--receiver=0x{digits}"),
            format!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266,0x{digits}"),
        ] {
            let refused = refuse_on_command_line([argument.clone().into()]).unwrap_err();
            assert_eq!(refused.exit_code(), 2);
            assert!(!refused.to_string().contains(&digits[..8]), "{argument}");
        }
        let address = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266";
        let url = format!("https://arb.example/{digits}");
        let public_key = "ab".repeat(48);
        let harmless = [address, "1.5", "--json", &url, &public_key];
        assert!(refuse_on_command_line(harmless.map(OsString::from)).is_ok());

        let refused = |arguments: &[&str]| {
            refuse_on_command_line(arguments.iter().map(OsString::from)).is_err()
        };
        let hash = format!("0x{digits}");
        assert!(!refused(&["--reference", &hash, "--account", address]));
        assert!(!refused(&[&format!("--reference={hash}")]));
        let call = format!("shared/timelock.schedule([], {hash}, {hash})");
        assert!(!refused(&["--call", &call, &format!("--call={call}")]));
        for key in [
            &["--reference", digits][..],
            &["--reference", &hash[..65]],
            &["--reference", &hash, &hash],
            &["--references", &hash],
            &[&format!("--references={hash}")],
            &["--reference=", &hash],
            &["--call", &hash],
            &["--reference", &call],
            &[&call],
        ] {
            assert!(refused(key), "{key:?}");
        }

        for name in [digits, &format!("0x{digits}"), "0x12", "a b", ""] {
            let options = KeyOptions {
                private_key_env: Some(name.into()),
                ..Default::default()
            };
            let refused = options.signer().unwrap_err().to_string();
            assert!(
                refused.contains("name of an environment variable"),
                "{refused}"
            );
            assert!(!refused.contains(&digits[..8]), "{refused}");
        }
    }
}
