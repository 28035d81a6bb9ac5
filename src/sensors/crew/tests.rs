use super::*;

/// A gate that holds errands up while it is closed.
#[derive(Clone)]
pub(in crate::sensors) struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    pub(in crate::sensors) fn new(is_open: bool) -> Self {
        Self(Arc::new((Mutex::new(is_open), Condvar::new())))
    }

    pub(in crate::sensors) fn open(&self) {
        *locked(&self.0.0) = true;
        self.0.1.notify_all();
    }

    /// Waits until it is open.
    pub(in crate::sensors) fn wait(&self) {
        drop(self.0.1.wait_while(locked(&self.0.0), |is_open| !*is_open).unwrap());
    }
}

/// Counts how often it was sent.
pub(in crate::sensors) struct Counting(pub(in crate::sensors) Gate, pub(in crate::sensors) [Reading; 1]);

impl Errand for Counting {
    fn run(&mut self) -> &[Reading] {
        self.0.wait();
        self.1[0] = Ok(self.1[0].map_or(1, |times| times + 1));
        &self.1
    }
}

fn wanted(name: &str, gate: &Gate) -> Wanted {
    let errand = Box::new(Counting(gate.clone(), [Err(Reason::Pending)]));
    Wanted { name: name.to_owned(), readings: 1, errand }
}

fn crew(name: &str) -> Arc<Crew> {
    Crew::below(Path::new(name)).unwrap()
}

fn reading(crew: &Crew, key: ErrandKey) -> Option<Reading> {
    crew.look(key, |known| known.readings.map(|readings| readings[0])).unwrap()
}

#[test]
fn errands_that_hang_hold_up_no_other_and_come_back() {
    let crew = crew("/crew/hang");
    let (open, shut) = (Gate::new(true), Gate::new(false));
    let hung: Vec<_> = (0..CREW_MAX - 1).map(|number| wanted(&number.to_string(), &shut)).collect();
    let hung = crew.wants("hung", hung);
    let free = crew.wants("free", vec![wanted("free", &open)]);
    for round in 1..=3 {
        // Each round wakes one thread more, as the lane does once a second.
        crew.ask(hung.iter().copied().chain(free.iter().copied()), round);
        crew.ask(free.iter().copied(), round);
        crew.wait_until_waiting("free", 0);
    }
    assert!(reading(&crew, free[0]).unwrap().unwrap() >= 3);
    assert_eq!(reading(&crew, hung[0]), None);
    assert_eq!(crew.look(hung[0], |known| known.waits_since_ns), Some(Some(1)));
    shut.open();
    crew.wait_until_waiting("hung", 0);
    assert!(hung.iter().all(|key| reading(&crew, *key) == Some(Ok(1))), "each was sent once only");
}

#[test]
fn an_errand_under_way_is_not_sent_a_second_time_when_it_is_wanted_anew() {
    let crew = crew("/crew/again");
    let shut = Gate::new(false);
    let first = crew.wants("one", vec![wanted("chip", &shut)]);
    crew.ask(first.iter().copied(), 7);
    // The spare thread needs no further question to find it, and nothing else tells that it is under way.
    while locked(&crew.shared.desk).jobs[0].errand.is_some() {
        thread::yield_now();
    }
    assert_eq!(crew.wants("one", vec![wanted("chip", &shut)]), first);
    assert!(crew.wants("one", Vec::new()).is_empty());
    let third = crew.wants("one", vec![wanted("chip", &shut)]);
    assert_eq!(third, first);
    let other = crew.wants("one", vec![wanted("other", &shut)]);
    assert_ne!(other, first);
    shut.open();
    crew.wait_until_waiting("one", 0);
    assert!(crew.look(first[0], |_| ()).is_none(), "nobody wanted it when it came back");
}

#[test]
fn a_crew_ends_with_its_last_holder() {
    let crew = crew("/crew/end");
    let shared = Arc::downgrade(&crew.shared);
    drop(crew);
    // The threads leave on their own; each holds the desk until then.
    while shared.strong_count() > 0 {
        thread::yield_now();
    }
}
