//! Debug output, free of ink.

use wasmi::Val;

use super::Pending;
use crate::{
    frame::{Host, Stop},
    Request,
};

impl Host<'_> {
    pub fn log_txt(&mut self, text: u32, length: u32) -> Result<(), Stop> {
        let text = self.read_bytes(text, length)?;
        self.say(String::from_utf8_lossy(&text).into_owned(), None)
    }

    pub fn log_i32(&mut self, value: i32) -> Result<(), Stop> {
        self.say(value.to_string(), None)
    }

    pub fn log_i64(&mut self, value: i64) -> Result<(), Stop> {
        self.say(value.to_string(), None)
    }

    pub fn tee_i32(&mut self, value: i32) -> Result<i32, Stop> {
        self.say(value.to_string(), Some(Val::I32(value)))
    }

    pub fn tee_i64(&mut self, value: i64) -> Result<i64, Stop> {
        self.say(value.to_string(), Some(Val::I64(value)))
    }

    fn say<R>(&mut self, line: String, value: Option<Val>) -> Result<R, Stop> {
        self.ask(Request::Console { line }, Pending::Console { value })
    }
}
