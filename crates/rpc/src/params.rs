//! Arguments of a request, read one by one so that an error names the argument it is about.

use alloy::eips::BlockId;
use alloy::primitives::U256;
use jsonrpsee::types::Params;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::error::{invalid_params, RpcResult};

/// The positional arguments of one request.
pub(crate) struct Args<'a> {
    values: std::vec::IntoIter<&'a RawValue>,
    position: usize,
}

impl<'a> Args<'a> {
    /// Takes the array apart without parsing its members; absent and null parameters are an empty array.
    pub fn new(params: &'a Params<'_>, at_most: usize) -> RpcResult<Self> {
        let text = params.as_str().unwrap_or("[]");
        let values: Option<Vec<&RawValue>> = serde_json::from_str(text)
            .map_err(|_| invalid_params("params must be an array of arguments"))?;
        let values = values.unwrap_or_default();
        if values.len() > at_most {
            let text = format!("too many arguments, want at most {at_most}");
            return Err(invalid_params(text));
        }
        Ok(Self {
            values: values.into_iter(),
            position: 0,
        })
    }

    /// The next argument, which must be there.
    pub fn required<T: Deserialize<'a>>(&mut self, name: &str) -> RpcResult<T> {
        let position = self.position;
        self.optional(name)?.ok_or_else(|| {
            invalid_params(format!(
                "missing value for required argument {position} ({name})"
            ))
        })
    }

    /// The next argument; none if it is absent or null.
    pub fn optional<T: Deserialize<'a>>(&mut self, name: &str) -> RpcResult<Option<T>> {
        let position = self.position;
        self.position += 1;
        let Some(value) = self.values.next() else {
            return Ok(None);
        };
        serde_json::from_str(value.get()).map_err(|error| {
            // The column counts from the start of the argument and would mislead.
            let text = error.to_string();
            let text = text.split(" at line ").next().unwrap_or_default();
            invalid_params(format!("invalid argument {position} ({name}): {text}"))
        })
    }

    /// The next argument as a block, by number, tag or hash; the latest if it is absent.
    pub fn block(&mut self) -> RpcResult<BlockId> {
        Ok(self.optional("block")?.unwrap_or_default())
    }
}

/// An unsigned 64-bit number given as a JSON number, a decimal string or a 0x string, as the test
/// controls of different tools send them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(pub u64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = U256::deserialize(deserializer)?;
        u64::try_from(value)
            .map(Number)
            .map_err(|_| serde::de::Error::custom("number larger than 64 bits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Address;

    fn message(text: &str) -> String {
        let params = Params::new(Some(text));
        let read = Args::new(&params, 2)
            .and_then(|mut args| args.required::<Address>("address").map(|_| args))
            .and_then(|mut args| args.optional::<Number>("count"));
        match read {
            Ok(count) => format!("{count:?}"),
            Err(error) => format!("{} {}", error.code(), error.message()),
        }
    }

    #[test]
    fn errors_name_the_argument() {
        let zero = Address::ZERO;
        assert_eq!(
            message("[]"),
            "-32602 missing value for required argument 0 (address)"
        );
        assert_eq!(message("[null]"), message("[]"));
        assert_eq!(message("null"), message("[]"));
        assert_eq!(
            message("{\"address\":1}"),
            "-32602 params must be an array of arguments"
        );
        assert!(message("[\"0x12\"]").starts_with("-32602 invalid argument 0 (address): "));
        assert!(
            message(&format!("[\"{zero}\",-1]")).starts_with("-32602 invalid argument 1 (count): ")
        );
        assert_eq!(
            message(&format!("[\"{zero}\",1,2]")),
            "-32602 too many arguments, want at most 2"
        );
    }

    #[test]
    fn numbers_come_in_three_spellings() {
        let zero = Address::ZERO;
        for count in ["10", "\"10\"", "\"0xa\"", "\"0x0a\""] {
            assert_eq!(
                message(&format!("[\"{zero}\",{count}]")),
                "Some(Number(10))"
            );
        }
        assert_eq!(message(&format!("[\"{zero}\",null]")), "None");
        let large = format!("[\"{zero}\",\"0x10000000000000000\"]");
        assert!(message(&large).ends_with("number larger than 64 bits"));
    }
}
