//! Host functions the frame answers by itself: arguments, result, and what is known of block, transaction and call.

use crate::{
    frame::{Host, Stop},
    ink,
};

/// Functions that return a number of the environment.
macro_rules! numbers {
    ($($name:ident -> $ty:ty = $($field:ident).+;)*) => {
        impl Host<'_> {
            $(pub fn $name(&mut self) -> Result<$ty, Stop> {
                self.buy(ink::HOST)?;
                Ok(self.env().$($field).+.into())
            })*
        }
    };
}

/// Functions that write an address or a word of the environment to memory.
macro_rules! bytes {
    ($($name:ident = $field:ident . $to_bytes:ident();)*) => {
        impl Host<'_> {
            $(pub fn $name(&mut self, destination: u32) -> Result<(), Stop> {
                self.buy(ink::HOST + ink::POINTER)?;
                let bytes = self.env().$field.$to_bytes();
                self.write(destination, &bytes[..])
            })*
        }
    };
}

numbers! {
    block_gas_limit -> u64 = block_gas_limit;
    block_number -> u64 = block_number;
    block_timestamp -> u64 = block_timestamp;
    chainid -> u64 = chain_id;
    msg_reentrant -> u32 = reentrant;
    tx_ink_price -> u32 = ink_price;
}

bytes! {
    block_coinbase = block_coinbase.into_array();
    contract_address = contract_address.into_array();
    msg_sender = msg_sender.into_array();
    tx_origin = tx_origin.into_array();
    block_basefee = block_basefee.to_be_bytes_vec();
    msg_value = msg_value.to_be_bytes_vec();
    tx_gas_price = tx_gas_price.to_be_bytes_vec();
}

impl Host<'_> {
    pub fn read_args(&mut self, destination: u32) -> Result<(), Stop> {
        self.buy(ink::HOST)?;
        let input = self.frame().input.clone();
        self.buy(ink::write(input.len()))?;
        self.write(destination, &input)
    }

    pub fn write_result(&mut self, data: u32, length: u32) -> Result<(), Stop> {
        self.buy(ink::HOST)?;
        // Once out of the program and once into the chain.
        self.buy(2 * ink::read(length))?;
        self.frame().output = self.read_bytes(data, length)?;
        Ok(())
    }

    pub fn exit_early(&mut self, status: u32) -> Result<(), Stop> {
        Err(Stop::Exit(status))
    }

    pub fn evm_gas_left(&mut self) -> Result<u64, Stop> {
        self.buy(ink::HOST)?;
        Ok(self.gas_left())
    }

    pub fn evm_ink_left(&mut self) -> Result<u64, Stop> {
        self.buy(ink::HOST)?;
        Ok(self.ink())
    }
}
