use super::*;
use hearth_drivers::process::stat;

fn process(pid: u32, command: &str, start_ticks: u64, cpu_ticks: u64) -> ProcessStat {
    let line = format!(
        "{pid} ({command}) S 1 1 1 0 -1 0 0 0 0 0 {cpu_ticks} 0 0 0 20 0 1 0 {start_ticks} 4096 {pid} 0\n"
    );
    stat::parse(line.as_bytes()).unwrap()
}

fn pass(ledger: &mut Ledger, processes: &[ProcessStat]) {
    ledger.begin();
    processes.iter().for_each(|process| ledger.take(process));
    ledger.end();
}

fn cpu(ledger: &Ledger, name: &str) -> Option<u64> {
    ledger.group(&Name::new(name.as_bytes()).unwrap()).map(|group| group.cpu_ticks)
}

fn shown(ledger: &Ledger) -> Vec<&str> {
    ledger.shown().iter().map(|name| name.as_text().unwrap()).collect()
}

#[test]
fn a_groups_time_only_grows_whoever_comes_and_goes() {
    let mut ledger = Ledger::new(4);
    pass(&mut ledger, &[process(10, "db", 5, 1000), process(11, "db", 6, 50)]);
    assert_eq!(cpu(&ledger, "db"), Some(0), "what was used before is not known to have been watched");
    // One worked, one ended, one began.
    pass(&mut ledger, &[process(10, "db", 5, 1007), process(12, "db", 90, 3)]);
    assert_eq!(cpu(&ledger, "db"), Some(10));
    // The number 10 is another process now.
    pass(&mut ledger, &[process(10, "db", 200, 2), process(12, "db", 90, 3)]);
    assert_eq!(cpu(&ledger, "db"), Some(12));
    pass(&mut ledger, &[]);
    assert_eq!(cpu(&ledger, "db"), Some(12), "shown, it is remembered");
    let group = ledger.group(&Name::new(b"db").unwrap()).unwrap();
    assert_eq!((group.count, group.resident_pages), (0, 0));
}

#[test]
fn the_set_is_stable_until_somebody_is_much_busier() {
    let mut ledger = Ledger::new(2);
    let at = |a, b, c| [process(10, "a", 1, a), process(11, "b", 1, b), process(12, "c", 1, c)];
    pass(&mut ledger, &at(100, 90, 1));
    assert_eq!(shown(&ledger), ["a", "b"]);
    // c is a little busier than b, again and again.
    for step in 1..50 {
        pass(&mut ledger, &at(100 + step, 90 + step, 1 + 2 * step));
        assert_eq!(shown(&ledger), ["a", "b"], "pass {step}");
    }
    pass(&mut ledger, &at(149, 139, 99 + 500));
    let mut now = shown(&ledger);
    now.sort_unstable();
    assert!(now.contains(&"c") && now.len() == 2, "{now:?}");
}

#[test]
fn a_name_that_is_gone_makes_room_when_it_has_faded() {
    let mut ledger = Ledger::new(1);
    pass(&mut ledger, &[process(10, "old", 1, 9)]);
    for _ in 0..100 {
        pass(&mut ledger, &[process(11, "idle", 1, 0)]);
    }
    assert_eq!(shown(&ledger), ["idle"]);
    assert_eq!(cpu(&ledger, "old"), None);
}

#[test]
fn ever_new_names_make_nothing_grow() {
    let mut ledger = Ledger::new(20);
    let room = |ledger: &Ledger| {
        [
            ledger.followed.capacity(),
            ledger.seen.capacity(),
            ledger.groups.capacity(),
            ledger.shown.capacity(),
        ]
    };
    let before = room(&ledger);
    for generation in 0_u32..20 {
        let many: Vec<_> = (0..6000)
            .map(|at| process(at + 1, &format!("x{generation}-{at}"), u64::from(generation), 1))
            .collect();
        pass(&mut ledger, &many);
        assert!(ledger.groups.len() <= GROUPS_MAX && ledger.shown().len() <= 20);
        assert_eq!(room(&ledger), before);
    }
    pass(&mut ledger, &[process(1, "quiet", 99, 0)]);
    assert!(ledger.groups.len() <= 21, "{} groups are remembered", ledger.groups.len());
}

#[test]
fn threads_of_the_kernel_go_by_their_kind_and_bytes_that_are_no_text_are_marked() {
    let kernels = ProcessStat { parent_pid: KTHREADD, ..process(30, "kworker/0:1-events", 1, 0) };
    assert_eq!(group_name(&kernels).as_bytes(), b"kworker");
    assert_eq!(group_name(&process(31, "php/fpm", 1, 0)).as_bytes(), b"php/fpm");
    let odd = ProcessStat { command: Label::new(b"a\xffb").unwrap(), ..process(32, "x", 1, 0) };
    assert_eq!(group_name(&odd).as_bytes(), b"a?b");
}
