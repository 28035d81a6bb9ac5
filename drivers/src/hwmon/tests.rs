use std::fs;
use std::os::unix::fs::symlink;

use super::*;

/// A tree of one test's own, removed at its end.
struct Tree(PathBuf);

impl Tree {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("hearth-hwmon-{}-{test}", std::process::id()));
        fs::create_dir_all(path.join("sys/class/hwmon")).unwrap();
        Self(path)
    }

    /// A chip `hwmon` of the device at `place`, with these files.
    fn chip(&self, hwmon: &str, place: &str, files: &[(&str, &[u8])]) {
        let device = self.0.join("sys/devices").join(place);
        let directory = device.join("hwmon").join(hwmon);
        fs::create_dir_all(&directory).unwrap();
        symlink(&device, directory.join("device")).unwrap();
        symlink(&directory, self.0.join("sys/class/hwmon").join(hwmon)).unwrap();
        for (name, text) in files {
            fs::write(directory.join(name), text).unwrap();
        }
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn a_files_name_is_a_channel_and_its_attribute() {
    let name = |file: &str| parse_name(file).map(|(def, number)| (def.kind, number, def.name));
    assert_eq!(name("temp1_input"), Some((Temperature, 1, "input")));
    assert_eq!(name("in0_min"), Some((Voltage, 0, "min")));
    assert_eq!(name("pwm12"), Some((Duty, 12, "")));
    assert_eq!(name("pwm2_enable"), Some((Duty, 2, "enable")));
    assert_eq!(name("temp3_crit_alarm"), Some((Temperature, 3, "crit_alarm")));
    for file in
        ["temp_input", "temp1", "temp1_", "temp01_input", "temp1input", "pwm1_auto_point1_pwm", "name"]
    {
        assert_eq!(name(file), None, "{file}");
    }
    assert_eq!(name("temp99999999999_input"), None);
}

#[test]
fn a_chip_is_known_by_its_place_and_not_by_its_number() {
    let tree = Tree::new("place");
    tree.chip("hwmon7", "platform/coretemp.0", &[("name", b"coretemp\n"), ("temp1_input", b"41000\n")]);
    tree.chip("hwmon2", "pci0000:00/0000:00:18.3", &[("name", b"k10temp\n"), ("temp1_label", b"Tctl\n")]);
    let found = chips(&tree.0).unwrap();
    let keys: Vec<_> = found.iter().map(|chip| (chip.key.as_str(), chip.hwmon.as_str())).collect();
    assert_eq!(keys, [("pci0000:00_0000:00:18_3", "hwmon2"), ("platform_coretemp_0", "hwmon7")]);
    assert_eq!(found[1].channels[0].sensor(), "temp1");
    // A label without a channel is none.
    assert!(found[0].labels.is_empty() && found[0].channels.is_empty());
}

#[test]
fn two_chips_of_one_device_have_two_keys() {
    let tree = Tree::new("twice");
    for hwmon in ["hwmon0", "hwmon1"] {
        tree.chip(hwmon, "virtual/thing", &[("name", b"thing\n"), ("in0_input", b"1\n")]);
    }
    let found = chips(&tree.0).unwrap();
    let keys: Vec<_> = found.iter().map(|chip| chip.key.as_str()).collect();
    assert_eq!(keys, ["virtual_thing", "virtual_thing_hwmon1"]);
}

#[test]
fn hostile_names_and_labels_are_bounded_text() {
    let tree = Tree::new("hostile");
    let label = [b"a\"b\\c\nd\xff".as_slice(), &[b'x'; 400], b"\n"].concat();
    let name = "N\u{e4}me \"quoted\"\n";
    let place = "x".repeat(250);
    let files: [(&str, &[u8]); 3] =
        [("name", name.as_bytes()), ("temp1_input", b"1\n"), ("temp1_label", label.as_slice())];
    tree.chip("hwmon0", &format!("platform/{place}"), &files);
    let found = chips(&tree.0).unwrap();
    assert!(found[0].key.len() <= KEY_BYTES_MAX + 1, "{}", found[0].key);
    assert!(found[0].key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    assert_eq!(found[0].name, "N\u{e4}me \"quoted\"");
    let (sensor, label) = &found[0].labels[0];
    assert_eq!(sensor, "temp1");
    assert!(label.starts_with("a\"b\\c\nd\u{fffd}xx") && label.len() <= class::TEXT_BYTES_MAX);
}

#[test]
fn a_chip_without_name_or_device_goes_by_its_number_and_a_tree_without_class_is_absent() {
    let tree = Tree::new("bare");
    fs::create_dir_all(tree.0.join("sys/class/hwmon/hwmon5")).unwrap();
    let found = chips(&tree.0).unwrap();
    assert_eq!((found[0].key.as_str(), found[0].name.as_str()), ("hwmon5", ""));
    assert!(chips(Path::new("/nowhere")).unwrap_err().is_absent());
}

#[test]
fn no_more_channels_are_taken_than_there_is_room_for() {
    let tree = Tree::new("many");
    let names: Vec<String> = (0..300).map(|number| format!("in{number}_input")).collect();
    let files: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"1\n".as_slice())).collect();
    tree.chip("hwmon0", "virtual/many", &files);
    let found = chips(&tree.0).unwrap();
    assert_eq!((found[0].channels.len(), found[0].left_out), (CHANNELS_MAX, 300 - CHANNELS_MAX));
    assert_eq!(found[0].channels[255].sensor(), "in255");
}

#[test]
fn drives_and_sleeping_cards_are_told_apart() {
    let tree = Tree::new("kinds");
    tree.chip("hwmon0", "pci/nvme0", &[("name", b"nvme\n")]);
    tree.chip("hwmon1", "pci/card0", &[("name", b"amdgpu\n")]);
    let found = chips(&tree.0).unwrap();
    assert!(found[0].is_drive() && !found[0].wakes_when_read());
    assert!(!found[1].is_drive() && found[1].wakes_when_read());
}
