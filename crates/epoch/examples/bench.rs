//! How long an epoch takes, and how much memory: from a CSV file to the folder with table, tree and all proofs.
//!
//!     cargo run --release -p clay-epoch --example bench              # 10,000 to 10,000,000 nodes
//!     cargo run --release -p clay-epoch --example bench -- 1000000
//!
//! Each size runs in a process of its own, so that its peak of memory is its own. Ten nodes have one operator.

use std::{
    env,
    error::Error,
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
    process::Command,
    time::Instant,
};

use clay_epoch::{read_nodes, write, Epoch, Factors, Terms, Totals, COLUMNS};
use rand::{rngs::StdRng, Rng, SeedableRng};

const SIZES: [u32; 4] = [10_000, 100_000, 1_000_000, 10_000_000];
const ETH: u128 = 1_000_000_000_000_000_000;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let [one, folder] = &arguments[..] {
        if let Some(nodes) = one.strip_prefix("--measure=") {
            return measure(nodes.parse()?, Path::new(folder));
        }
    }
    let sizes = match arguments.is_empty() {
        true => SIZES.to_vec(),
        false => arguments
            .iter()
            .map(|it| it.parse())
            .collect::<Result<_, _>>()?,
    };
    println!("|      nodes | operators |  read s | compute s | write s | whole s | rows a second | peak MB |");
    println!("|-----------:|----------:|--------:|----------:|--------:|--------:|--------------:|--------:|");
    for nodes in sizes {
        let folder = tempfile::tempdir()?;
        make_rows(nodes, &folder.path().join("nodes.csv"))?;
        let mut child = Command::new(env::current_exe()?);
        child.arg(format!("--measure={nodes}")).arg(folder.path());
        if !child.status()?.success() {
            return Err(format!("{nodes} nodes failed").into());
        }
    }
    Ok(())
}

/// Does what `clay epoch compute` does, and prints a row.
fn measure(nodes: u32, folder: &Path) -> Outcome {
    let start = Instant::now();
    let rows = read_nodes(&folder.join("nodes.csv"))?;
    let read = start.elapsed();
    let epoch = Epoch::compute(terms(nodes), rows, None)?;
    let computed = start.elapsed();
    write(&folder.join("out"), &epoch, &|_| {})?;
    let whole = start.elapsed();
    println!(
        "| {nodes:>10} | {:>9} | {:>7.2} | {:>9.2} | {:>7.2} | {:>7.2} | {:>13.0} | {:>7} |",
        epoch.accounts.len(),
        read.as_secs_f64(),
        (computed - read).as_secs_f64(),
        (whole - computed).as_secs_f64(),
        whole.as_secs_f64(),
        f64::from(nodes) / whole.as_secs_f64(),
        peak()?
    );
    Ok(())
}

/// The largest memory that this process had, in MB; 0 where the system does not tell.
fn peak() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    Ok(kilobytes.unwrap_or("0").parse::<u64>()? / 1_024)
}

fn make_rows(nodes: u32, path: &Path) -> Outcome {
    let mut dice = StdRng::seed_from_u64(1);
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "{}", COLUMNS.join(","))?;
    for node in 1..=nodes {
        let operator = 16 + dice.gen_range(0..nodes.div_ceil(10));
        let of = ["ssv", "ssv", "ssv", "obol", "direct"][dice.gen_range(0..5)];
        let attestations = 1_575
            - if dice.gen_bool(0.3) {
                dice.gen_range(0..400)
            } else {
                0
            };
        let mut seldom = |chance| match dice.gen_bool(chance) {
            true => dice.gen_range(0..ETH / 10),
            false => 0,
        };
        let (exit, loss, ssv, adjustment) = (seldom(0.01), seldom(0.01), seldom(0.6), seldom(0.05));
        writeln!(
            file,
            "{node},{operator},{of},{attestations},1575,{exit},{loss},{ssv},{adjustment},0"
        )?;
    }
    file.flush()?;
    Ok(())
}

fn terms(nodes: u32) -> Terms {
    Terms {
        chain: 42_161,
        distributor: [0x5d; 20].into(),
        epoch: 1,
        assets: 1_070 * ETH + 1,
        shares: 1_000 * ETH,
        pot: u128::from(nodes) * ETH / 200,
        factors: Factors {
            ssv: 10_000,
            obol: 9_500,
            direct: 9_000,
        },
        standing: 9_700,
        published: 3_000_000_000_000_000,
        market: 2_900_000_000_000_000,
        before: Totals::default(),
    }
}
