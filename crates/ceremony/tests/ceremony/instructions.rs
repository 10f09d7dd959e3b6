//! How real ceremonies are run.

use clay_ceremony::{instructions, Network, Tool};

use crate::GATEWAY;

#[test]
fn every_tool_is_told_the_gateway_the_amount_and_the_network() {
    for tool in Tool::ALL {
        let text = instructions(tool, &Network::hoodi(), GATEWAY);
        assert!(text.contains(&GATEWAY.to_string()), "{text}");
        assert!(text.contains("hoodi"), "{text}");
        assert!(
            text.ends_with(
                "credentials\n0x0100000000000000000000006a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a6a, \
                 amount 1000000000, fork version 0x10000910.\n"
            ),
            "{text}"
        );
        assert!(text.lines().all(|line| line.len() <= 120), "{text}");
    }
}

#[test]
fn each_tool_is_told_in_its_own_words() {
    let text = |tool| instructions(tool, &Network::mainnet(), GATEWAY);
    let ssv = text(Tool::SsvDkg);
    assert!(ssv.contains(&format!(
        "--amount 1000000000 \\\n        --withdrawAddress {GATEWAY} "
    )));
    assert!(ssv.contains("refuse as published"));
    let charon = text(Tool::Charon);
    assert!(charon.contains("--deposit-amounts 1,31"));
    assert!(charon.contains(&format!("--fee-recipient-addresses {GATEWAY}")));
    let alone = text(Tool::DepositCli);
    assert!(alone.contains("--amount 1 --regular_withdrawal"));
}
