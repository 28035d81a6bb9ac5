#!/bin/sh
# The hot path's proofs against races: every interleaving of small models (loom), then the torture under
# ThreadSanitizer. Run from anywhere; exits 0 only if everything that can run here passes.
#
# ThreadSanitizer needs a nightly toolchain; NIGHTLY names it (default: nightly). Where rust-src is installed, the
# standard library is built instrumented too. The ready-made one is not, so that the channel on which the test harness
# hands over its results looks like a race: that channel, which nothing of Hearth's uses, is then suppressed by name.
set -eu
cd "$(dirname "$0")/.."
nightly=${NIGHTLY:-nightly}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

echo "== loom: ring and page, every execution of the small models"
RUSTFLAGS="--cfg hearth_loom" cargo test --package hearth-hot --release --test loom --target-dir target/loom
RUSTFLAGS="--cfg hearth_loom" cargo test --package hearth-hot --release --lib --target-dir target/loom -- signals

echo "== torture"
cargo test --package hearth-hot --release --test torture

echo "== ThreadSanitizer"
# A compiler without rustup in front of it takes "+nightly" for a file's name, and tells its own version all the same.
if ! { rustc "+$nightly" --version >"$work/version" 2>&1 && grep -q nightly "$work/version"; }; then
    echo "NOT RUN: -Zsanitizer=thread needs a nightly toolchain, and 'rustc +$nightly' says:"
    sed 's/^/    /' "$work/version"
    case ",${HEARTH_REQUIRE:-}," in
    *,tsan,*) echo "failed: tsan is in HEARTH_REQUIRE"; exit 1 ;;
    esac
    if [ -n "${HEARTH_NOT_RUN:-}" ]; then
        echo "tsan: no nightly toolchain; NIGHTLY=... sh tests/races.sh names one" >>"$HEARTH_NOT_RUN"
    fi
else
    cat "$work/version"
    host=$(rustc "+$nightly" -vV | sed -n 's/^host: //p')
    flags="-Zsanitizer=thread"
    options="halt_on_error=1"
    library=
    if [ -d "$(rustc "+$nightly" --print sysroot)/lib/rustlib/src/rust/library" ]; then
        library="-Zbuild-std"
    else
        echo "rust-src is not installed: the standard library runs uninstrumented"
        echo "race:std::sync::mpmc" >"$work/suppressed"
        options="$options suppressions=$work/suppressed"
        flags="$flags -Cunsafe-allow-abi-mismatch=sanitizer"
    fi

    # A race on purpose, so that silence below means something.
    cat >"$work/race.rs" <<'RACE'
struct Shared(std::cell::UnsafeCell<u64>);
unsafe impl Sync for Shared {}
static SHARED: Shared = Shared(std::cell::UnsafeCell::new(0));
fn main() {
    let hands = [1, 2].map(|n| std::thread::spawn(move || unsafe { SHARED.0.get().write_volatile(n) }));
    hands.into_iter().for_each(|hand| hand.join().unwrap());
}
RACE
    rustc "+$nightly" --edition 2024 --target "$host" -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer \
        -o "$work/race" "$work/race.rs"
    if "$work/race" >"$work/race.out" 2>&1 || ! grep -q "WARNING: ThreadSanitizer: data race" "$work/race.out"; then
        echo "failed: ThreadSanitizer did not report a race made on purpose; it said:"
        cat "$work/race.out"
        exit 1
    fi
    echo "a race made on purpose is reported"

    # shellcheck disable=SC2086 # library is empty or one word
    RUSTFLAGS="$flags" TSAN_OPTIONS="$options" cargo "+$nightly" test $library --package hearth-hot --release \
        --test torture --target "$host" --target-dir target/tsan
fi

echo "== miri, for those who have it (rustup component add miri rust-src --toolchain $nightly)"
echo "cargo +$nightly miri test --package hearth-hot --test torture"
