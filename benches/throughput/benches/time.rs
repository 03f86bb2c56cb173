//! The time of judging a thousand to a million stages; `make bench` shows it a stage.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use throughput::{Judgeable, fleet};

type Accounts = fn(u64) -> Vec<Judgeable>;

fn evaluation(criterion: &mut Criterion) {
    let groups: [(&str, Accounts, &[u64]); 3] = [
        ("fleet", fleet, &[1_000, 10_000, 100_000, 1_000_000]),
        // Larger than an account can be: a cost that grows with an account's size shows here.
        ("account", |count| vec![Judgeable::mixed(0..count)], &[10_000, 100_000, 1_000_000]),
        ("peers", |count| vec![Judgeable::peers(count)], &[1_000, 10_000, 100_000]),
    ];
    for (name, accounts, counts) in groups {
        let mut group = criterion.benchmark_group(name);
        // Seconds a round at the upper end: few samples, all of the same length.
        group.sample_size(10).sampling_mode(SamplingMode::Flat);
        for count in counts {
            let accounts = accounts(*count);
            group.throughput(Throughput::Elements(accounts.iter().map(|it| it.count() as u64).sum()));
            group.bench_with_input(BenchmarkId::from_parameter(count), &accounts, |bencher, accounts| {
                bencher.iter(|| accounts.iter().flat_map(Judgeable::evaluations).map(black_box).count());
            });
        }
        group.finish();
    }
}

criterion_group!(benches, evaluation);
criterion_main!(benches);
