//! Where members put their signatures and find the others': a shared folder, or a board reached by HTTP.
//!
//! Nothing that comes from there is trusted. A signature counts if it is a member's, under the very message that
//! the reporter itself computed; anything else can at worst be missing.

mod board;
mod folder;

use std::{path::PathBuf, time::Duration};

use alloy::primitives::{Address, B256};

use crate::{
    endpoint::{body, printable, refusal, Endpoint},
    error::{OracleError, Result},
    message::SignedProposal,
};

pub use board::{Board, RunningBoard};

/// The most bytes a signed proposal has; one has less than 1,000.
pub(crate) const MOST_BYTES: u64 = 8_192;
/// The most signed proposals that are looked at for a slot.
pub(crate) const MOST_PROPOSALS: usize = 1_024;
/// How long a board may take to answer.
const ANSWER: Duration = Duration::from_secs(30);

/// The place where a committee exchanges signatures.
#[derive(Clone, Debug)]
pub struct Exchange(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Folder(PathBuf),
    Board(Endpoint),
}

impl Exchange {
    /// A folder, if `place` is a path, or the board at `place` if it is a URL.
    ///
    /// # Errors
    /// [`OracleError::Exchange`] for a URL that is none.
    pub fn new(place: &str) -> Result<Self> {
        if !place.contains("://") {
            return Ok(Self(Kind::Folder(place.into())));
        }
        let endpoint = Endpoint::new(place, ANSWER);
        let endpoint = endpoint.map_err(|cause| OracleError::Exchange {
            place: "named by --exchange".into(),
            cause,
        })?;
        Ok(Self(Kind::Board(endpoint)))
    }

    /// Puts a signature where the others find it.
    ///
    /// # Errors
    /// [`OracleError::Exchange`] if it cannot be put there.
    pub async fn publish(&self, signed: &SignedProposal) -> Result<()> {
        match &self.0 {
            Kind::Folder(folder) => folder::publish(folder, signed),
            Kind::Board(board) => {
                let response = board.post("reports", signed).await;
                let response = response.map_err(|cause| self.problem(cause))?;
                if response.status().is_success() {
                    return Ok(());
                }
                let status = response.status().as_u16();
                let words = refusal(response).await;
                Err(self.problem(format!("refused ({status}): {words}")))
            }
        }
    }

    /// What is there for a slot, by the slot's time: members' signatures of the message with this digest, and others as far
    /// as they are not too many. Genuine signatures only, of whoever.
    ///
    /// # Errors
    /// [`OracleError::Exchange`] if the place cannot be read.
    pub async fn fetch(
        &self,
        slot_time: u64,
        digest: B256,
        members: &[Address],
    ) -> Result<Vec<SignedProposal>> {
        let mut found = match &self.0 {
            Kind::Folder(folder) => folder::fetch(folder, slot_time, digest, members)?,
            Kind::Board(board) => self.fetch_from(board, slot_time).await?,
        };
        found.retain(|signed| {
            let right = signed.proposal.report.slot_time == slot_time && signed.is_genuine();
            if !right {
                tracing::warn!(signer = %signed.signer, "a signature that is not the signer's is ignored");
            }
            right
        });
        Ok(found)
    }

    async fn fetch_from(&self, board: &Endpoint, slot_time: u64) -> Result<Vec<SignedProposal>> {
        let response = board.get(&format!("reports/{slot_time}")).await;
        let response = response.map_err(|cause| self.problem(cause))?;
        if !response.status().is_success() {
            let status = response.status().as_u16();
            let words = refusal(response).await;
            return Err(self.problem(format!("does not answer ({status}): {words}")));
        }
        let body = body(response, MOST_BYTES as usize * MOST_PROPOSALS).await;
        let body = body.map_err(|cause| self.problem(cause))?;
        let answer: serde_json::Result<Vec<SignedProposal>> = serde_json::from_slice(&body);
        let mut answer = answer.map_err(|error| self.problem(printable(&error.to_string())))?;
        answer.truncate(MOST_PROPOSALS);
        Ok(answer)
    }

    fn problem(&self, cause: String) -> OracleError {
        let place = match &self.0 {
            Kind::Folder(folder) => folder.display().to_string(),
            Kind::Board(board) => board.to_string(),
        };
        OracleError::Exchange { place, cause }
    }
}
