//! The client of upsd against the real one (Debian's nut-server), whose UPS its own `dummy-ups` plays.
//!
//! Where the programs are not installed the test says so and has nothing to show.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::net::TcpListener;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use hearth_drivers::nut::{FLAGS, NUMBERS, NutError, Refusal, Upsd};

    const DRIVER: &str = "/lib/nut/dummy-ups";
    // Beside the wrapper in /sbin, which starts nothing before the machine is configured.
    const SERVER: &str = "/lib/nut/upsd";
    /// How long anything is waited for. Nothing takes that long on a machine that works at all.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// Ports that somebody else may have taken meanwhile.
    const PORTS: usize = 5;

    /// What the UPS says of itself.
    const UPS: &str = "ups.status: OB DISCHRG LB\nbattery.charge: 42.5\nbattery.runtime: 731\n\
                       battery.voltage: 26.31\nbattery.voltage.nominal: 24\ninput.voltage: 0.0\n\
                       input.voltage.nominal: 230\ninput.frequency: 49.97\noutput.voltage: 229.4\nups.load: 23\n\
                       ups.power: 154\nups.power.nominal: 650\nups.realpower: 89.7\nups.realpower.nominal: 390\n\
                       ups.temperature: 31.25\nups.mfr: \"A maker\"\n";

    /// A program of the test's own, ended with it.
    struct Running(Child);

    impl Drop for Running {
        fn drop(&mut self) {
            self.0.kill().and_then(|()| self.0.wait()).expect("it can be ended");
        }
    }

    /// Starts one of the programs, which find each other and their files in `home`.
    fn start(program: &str, home: &Path, arguments: &[&str]) -> Running {
        let is_root =
            fs::metadata("/proc/self").map(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0).unwrap();
        let mut command = Command::new(program);
        // Otherwise root becomes a user who may not read the test's directory.
        command.args(arguments).args(is_root.then_some(["-u", "root"]).into_iter().flatten());
        for name in ["NUT_CONFPATH", "NUT_STATEPATH", "NUT_ALTPIDPATH"] {
            command.env(name, home);
        }
        Running(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// What `upsc` says, once the driver has told the server everything.
    fn upsc(address: &str) -> Option<Vec<(String, String)>> {
        let told = Command::new("upsc").arg(address).output().unwrap();
        let text = String::from_utf8(told.stdout).unwrap();
        let pairs = text.lines().filter_map(|line| line.split_once(": "));
        let pairs: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        (told.status.success() && pairs.iter().any(|(name, _)| name == "ups.temperature")).then_some(pairs)
    }

    /// A server with its UPS, the port it listens at, and what `upsc` says.
    fn served(home: &Path) -> (Running, u16, Vec<(String, String)>) {
        for _ in 0..PORTS {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            drop(listener);
            fs::write(home.join("upsd.conf"), format!("LISTEN 127.0.0.1 {port}\n")).unwrap();
            let mut server = start(SERVER, home, &["-F"]);
            let began = Instant::now();
            while server.0.try_wait().unwrap().is_none() && began.elapsed() < PATIENCE {
                if let Some(pairs) = upsc(&format!("ups@127.0.0.1:{port}")) {
                    return (server, port, pairs);
                }
            }
        }
        panic!("upsd does not answer, at none of {PORTS} ports");
    }

    /// `12.5` in thousandths.
    fn thousandths(text: &str) -> i64 {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let fraction: i64 = format!("{fraction:0<3}").parse().unwrap();
        whole.parse::<i64>().unwrap() * 1000 + fraction
    }

    #[test]
    fn a_real_server_is_understood_as_its_own_client_understands_it() {
        if let Some(missing) = [DRIVER, SERVER].into_iter().find(|program| !Path::new(program).exists()) {
            hearth_board::not_run("nut-server", &format!("no {missing}; apt-get install nut-server"));
            return;
        }
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("box.dev"), UPS).unwrap();
        let of_ups = "[ups]\ndriver = dummy-ups\nport = box.dev\nmode = dummy-once\n";
        fs::write(home.path().join("ups.conf"), of_ups).unwrap();
        fs::write(home.path().join("upsd.users"), "").unwrap();
        let driver = start(DRIVER, home.path(), &["-a", "ups", "-F"]);
        let (_server, port, told) = served(home.path());
        let told = |name: &str| {
            let found = told.iter().find(|(other, _)| other == name);
            found.unwrap_or_else(|| panic!("upsc shows no {name}: {told:?}")).1.as_str()
        };
        let mut upsd = Upsd::new("ups", "127.0.0.1", port);
        let reading = upsd.ask().unwrap();
        for (name, unit) in NUMBERS {
            assert_eq!(reading.number(name), Some(thousandths(told(name))), "{name} in {unit}");
        }
        let words: Vec<&str> = told("ups.status").split(' ').collect();
        assert_eq!(reading.flags, Some(FLAGS.map(|flag| words.contains(&flag))), "{words:?}");
        assert_eq!(words, ["OB", "DISCHRG", "LB"], "what its file says");
        assert_eq!(reading.computed_load_mw(), Some(89_700), "23 % of 390 W");

        let unknown = Upsd::new("other", "127.0.0.1", port).ask();
        assert_eq!(unknown, Err(NutError::Refused(Refusal::UnknownUps)));
        // The same connection, when the driver has gone.
        drop(driver);
        let began = Instant::now();
        let gone = loop {
            match upsd.ask() {
                Ok(_) if began.elapsed() < PATIENCE => {}
                other => break other,
            }
        };
        let refusals = [Refusal::DriverNotConnected, Refusal::DataStale].map(NutError::Refused);
        assert!(gone.is_err_and(|error| refusals.contains(&error)), "{gone:?}");
    }
}
