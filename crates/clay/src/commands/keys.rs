//! `clay keys`: keys in encrypted files.

use std::path::PathBuf;

use clap::Subcommand;

use crate::{
    failure::Failure,
    keys::{create_keystore, password},
    output::say,
};

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Creates a key and keeps it in an encrypted keystore file.
    New {
        /// The keystore file to create.
        file: PathBuf,
        /// File with the password; without it, a prompt asks twice.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

impl KeysCommand {
    pub(super) fn run(self) -> Result<(), Failure> {
        let KeysCommand::New {
            file,
            password_file,
        } = self;
        let chosen = password(password_file.as_deref(), "Password for the new keystore: ")?;
        if password_file.is_none() && password(None, "The same again: ")? != chosen {
            return Err(Failure::Key(
                "The passwords differ; nothing was created.".into(),
            ));
        }
        let signer = create_keystore(&file, &chosen)?;
        say!("{}  {}", signer.address(), file.display());
        say!(
            "Use it with --keystore {}. Without its password the key is lost.",
            file.display()
        );
        Ok(())
    }
}
