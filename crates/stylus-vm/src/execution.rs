//! One call frame of a program, run step by step.

use alloy::primitives::Bytes;
use wasmi::{
    AsContextMut, Error, Func, Instance, ResumableCall, ResumableCallHostTrap, Store, TrapCode, Val,
};

use crate::{
    engine,
    frame::{attach, Frame, Host, Profile, Stop},
    hostio::conclude,
    instrument,
    module::ENTRYPOINT,
    Answer, Env, Program, Request,
};

/// What an execution needs next, or how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Something only the chain knows or can do; continue with [`Execution::resume`].
    Request(Request),
    /// The frame is finished.
    Done(Outcome),
}

/// How a frame ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In which way.
    pub status: Status,
    /// Return or revert data; empty after a failure.
    pub output: Bytes,
    /// Ink not spent; 0 after running out of ink or stack. A failure keeps the rest, like a revert.
    pub ink_left: u64,
}

/// In which way a frame ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Returned 0.
    Success,
    /// Returned anything else.
    Revert,
    /// Ran out of ink.
    OutOfInk,
    /// Used more stack than allowed.
    OutOfStack,
    /// Trapped, misused a host function or was refused a state change; the text is for traces.
    Failure(String),
}

/// One call frame of a program.
pub struct Execution {
    store: Store<Frame>,
    instance: Instance,
    entrypoint: Func,
    waiting: Waiting,
    ink: u64,
    footprint: u16,
}

/// What goes on with the next answer.
enum Waiting {
    /// The first call of the entry point.
    Start,
    /// The program, inside of a host function.
    Program(ResumableCallHostTrap),
    /// Nothing: no request is open.
    Nothing,
}

impl Execution {
    /// Prepares a frame. `ink` is what it may spend, start-up already taken.
    pub fn new(program: &Program, env: Env, input: Bytes, ink: u64) -> Execution {
        let frame = Frame {
            env,
            input,
            ..Default::default()
        };
        let (mut store, instance) =
            engine::instantiate(&program.shared.module, program.shared.debug, frame)
                .expect("the program was instantiated once when it was prepared");
        attach(&mut store, &instance, ink);
        let entrypoint = instance
            .get_func(&store, ENTRYPOINT)
            .expect("checked when the program was parsed");
        let footprint = program.price().footprint_pages;
        store.data_mut().profile.pages = footprint;
        Execution {
            store,
            instance,
            entrypoint,
            waiting: Waiting::Nothing,
            ink,
            footprint,
        }
    }

    /// Runs until the first request or the end. The first request is always for the pages the program starts with.
    pub fn start(&mut self) -> Step {
        self.waiting = Waiting::Start;
        Step::Request(Request::AddPages {
            pages: self.footprint,
        })
    }

    /// Continues after a request.
    ///
    /// # Panics
    ///
    /// If there was no request, or the answer is of a kind the request does not take.
    pub fn resume(&mut self, answer: Answer) -> Step {
        let mut host = Host::new(self.store.as_context_mut());
        let mut output = [Val::I32(0)];
        let result = match (
            std::mem::replace(&mut self.waiting, Waiting::Nothing),
            answer,
        ) {
            (Waiting::Start, Answer::Gas { gas }) => match host.buy_gas(gas) {
                Ok(()) => {
                    host.frame().profile.page_gas = gas;
                    let length = Val::I32(host.frame().input.len() as i32);
                    self.entrypoint
                        .call_resumable(&mut self.store, &[length], &mut output)
                }
                Err(stop) => Err(Error::host(stop)),
            },
            (Waiting::Program(program), answer) => {
                match host.resume(|host, pending| conclude(host, pending, answer)) {
                    Ok(value) => program.resume(&mut self.store, value.as_slice(), &mut output),
                    Err(stop) => Err(Error::host(stop)),
                }
            }
            (_, answer) => panic!("{answer:?} answers no request"),
        };
        let [Val::I32(status)] = output else {
            unreachable!("the entry point returns an i32")
        };
        self.done(result, status)
    }

    /// What the frame spent so far.
    pub fn profile(&self) -> &Profile {
        &self.store.data().profile
    }

    /// The next step after the program stopped, returned `status` or trapped.
    fn done(&mut self, result: Result<ResumableCall, Error>, status: i32) -> Step {
        let error = match result {
            Ok(ResumableCall::Finished) => return self.finish(returned(status as u32)),
            Ok(ResumableCall::HostTrap(waiting)) => {
                if waiting.host_error().downcast_ref() == Some(&Stop::Asked) {
                    self.waiting = Waiting::Program(waiting);
                    self.count_ink();
                    let asked = self
                        .store
                        .data()
                        .asked
                        .as_ref()
                        .expect("set together with the stop");
                    return Step::Request(asked.request.clone());
                }
                waiting.into_host_error()
            }
            Ok(ResumableCall::OutOfFuel(_)) => unreachable!("fuel is not metered"),
            Err(error) => error,
        };
        let status = match error.downcast_ref::<Stop>() {
            Some(Stop::Exit(status)) => returned(*status),
            Some(Stop::OutOfInk) => Status::OutOfInk,
            Some(Stop::Failure(text)) => Status::Failure(text.clone()),
            Some(Stop::Asked) => unreachable!("resumable"),
            None => self.trapped(&error),
        };
        self.finish(status)
    }

    /// Why the program trapped: its instrumentation says so if it was out of ink or stack.
    fn trapped(&self, error: &Error) -> Status {
        let status = self.instance.get_global(&self.store, instrument::STATUS);
        match status.map(|status| status.get(&self.store)) {
            Some(Val::I32(instrument::OUT_OF_INK)) => Status::OutOfInk,
            Some(Val::I32(instrument::OUT_OF_STACK)) => Status::OutOfStack,
            _ if error.as_trap_code() == Some(TrapCode::StackOverflow) => Status::OutOfStack,
            _ => Status::Failure(error.to_string()),
        }
    }

    fn finish(&mut self, status: Status) -> Step {
        let mut host = Host::new(self.store.as_context_mut());
        if matches!(status, Status::OutOfInk | Status::OutOfStack) {
            host.set_ink(0);
        }
        let ink_left = host.ink();
        let output = match status {
            Status::Success | Status::Revert => std::mem::take(&mut host.frame().output),
            _ => Bytes::new(),
        };
        self.count_ink();
        Step::Done(Outcome {
            status,
            output,
            ink_left,
        })
    }

    fn count_ink(&mut self) {
        let mut host = Host::new(self.store.as_context_mut());
        let ink = self.ink - host.ink();
        let frame = host.frame();
        frame.profile.ink_used = ink - frame.profile.page_gas * u64::from(frame.env.ink_price);
    }
}

fn returned(status: u32) -> Status {
    if status == 0 {
        Status::Success
    } else {
        Status::Revert
    }
}
