//! The time of evaluating a thousand to a million stages; `make bench` prints it per stage.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use throughput::{Account, fleet};

type Accounts = fn(u64) -> Vec<Account>;

fn evaluation(criterion: &mut Criterion) {
    let groups: [(&str, Accounts, &[u64]); 3] = [
        ("fleet", fleet, &[1_000, 10_000, 100_000, 1_000_000]),
        // Larger than an account can be, to show a cost that grows with an account's size.
        ("account", |count| vec![Account::mixed(0..count)], &[10_000, 100_000, 1_000_000]),
        ("peers", |count| vec![Account::peers(count)], &[1_000, 10_000, 100_000]),
    ];
    for (name, accounts, counts) in groups {
        let mut group = criterion.benchmark_group(name);
        // The largest take seconds per round: few samples, all of the same length.
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        for count in counts {
            let accounts = accounts(*count);
            group.throughput(Throughput::Elements(accounts.iter().map(|it| it.count() as u64).sum()));
            group.bench_with_input(BenchmarkId::from_parameter(count), &accounts, |bencher, accounts| {
                bencher.iter(|| accounts.iter().flat_map(Account::evaluations).map(black_box).count());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, evaluation);
criterion_main!(benches);
