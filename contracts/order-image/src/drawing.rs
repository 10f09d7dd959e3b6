//! What an order's metadata and picture say.

use alloc::vec::Vec;

use crate::{
    base64,
    decimal::{append_exact, append_integer, append_short},
};

/// An order as `IUnstakeQueue.order` has it.
pub(crate) struct Order<'a> {
    pub(crate) id: u128,
    pub(crate) shares: u128,
    pub(crate) state: u8,
    pub(crate) assets: u128,
    /// Symbol of the pool's token, padded with zeros.
    pub(crate) symbol: &'a [u8; 32],
}

/// A piece of a text.
enum Piece {
    Text(&'static str),
    Id,
    Symbol,
    State,
    Colour,
    ExactShares,
    ExactAssets,
    ShortShares,
    ShortAssets,
    Picture,
}

use Piece::*;

/// The words of an order's states, each with its colour.
const STATES: [(&str, &str); 6] = [
    ("Unknown", "#8a93a6"),
    ("Pending", "#f2b84b"),
    ("Due", "#5aa9e6"),
    ("Claimable", "#4fc38a"),
    ("Claimed", "#8a93a6"),
    ("Withdrawn", "#8a93a6"),
];

/// ERC-721's JSON metadata, with the amounts exact.
const METADATA: &[Piece] = &[
    Text("{\"name\":\""),
    Symbol,
    Text(" unstake order #"),
    Id,
    Text(
        "\",\"description\":\"An order to leave a ClayStack pool. Its owner claims the ETH once the order is \
         claimable. While it is not, the value is an estimate at the pool's current rate.\",\"attributes\":[\
         {\"trait_type\":\"Amount\",\"value\":\"",
    ),
    ExactShares,
    Text(" "),
    Symbol,
    Text("\"},{\"trait_type\":\"State\",\"value\":\""),
    State,
    Text("\"},{\"trait_type\":\"Estimated value\",\"value\":\""),
    ExactAssets,
    Text(" ETH\"}],\"image\":\"data:image/svg+xml;base64,"),
    Picture,
    Text("\"}"),
];

/// The picture, with the amounts cut to six decimals.
const PICTURE: &[Piece] = &[
    Text(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 400 400\" font-family=\"Helvetica,Arial,sans-serif\" \
         fill=\"#fff\"><rect width=\"400\" height=\"400\" rx=\"24\" fill=\"#171b26\"/><rect width=\"400\" height=\"8\" \
         y=\"96\" fill=\"",
    ),
    Colour,
    Text("\"/><text x=\"32\" y=\"64\" font-size=\"26\" font-weight=\"bold\">ClayStack</text><text x=\"368\" y=\"64\" \
         font-size=\"22\" text-anchor=\"end\" fill=\"#a8b0c2\">#"),
    Id,
    Text("</text><text x=\"32\" y=\"156\" font-size=\"16\" fill=\"#a8b0c2\">Unstaking</text>\
         <text x=\"32\" y=\"194\" font-size=\"28\" font-weight=\"bold\">"),
    ShortShares,
    Text(" "),
    Symbol,
    Text("</text><text x=\"32\" y=\"246\" font-size=\"16\" fill=\"#a8b0c2\">Value</text>\
         <text x=\"32\" y=\"284\" font-size=\"28\" font-weight=\"bold\">"),
    ShortAssets,
    Text(" ETH</text><circle cx=\"40\" cy=\"344\" r=\"8\" fill=\""),
    Colour,
    Text("\"/><text x=\"60\" y=\"352\" font-size=\"24\" fill=\""),
    Colour,
    Text("\">"),
    State,
    Text("</text></svg>"),
];

impl Order<'_> {
    /// The order's metadata as JSON.
    pub(crate) fn metadata(&self) -> Vec<u8> {
        self.write(METADATA)
    }

    fn write(&self, pieces: &[Piece]) -> Vec<u8> {
        let mut text = Vec::new();
        let (word, colour) = STATES.get(usize::from(self.state)).unwrap_or(&STATES[0]);
        for piece in pieces {
            match piece {
                Text(words) => text.extend_from_slice(words.as_bytes()),
                Id => append_integer(&mut text, self.id),
                Symbol => text.extend(self.symbol.iter().filter(|byte| is_plain(**byte))),
                State => text.extend_from_slice(word.as_bytes()),
                Colour => text.extend_from_slice(colour.as_bytes()),
                ExactShares => append_exact(&mut text, self.shares),
                ExactAssets => append_exact(&mut text, self.assets),
                ShortShares => append_short(&mut text, self.shares),
                ShortAssets => append_short(&mut text, self.assets),
                Picture => base64::append(&mut text, &self.write(PICTURE)),
            }
        }
        text
    }
}

/// Letters, digits and a few signs: what cannot end a string of JSON or an element of XML. The rest of a
/// symbol, its padding included, is left out.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-' | b'.' | b'_')
}
