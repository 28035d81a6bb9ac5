//! Network interfaces: netlink `RTM_GETLINK`, `/sys/class/net`.

use crate::{Scale, Unit, counter, gauge};

super::metrics! {
    /// Bytes received.
    RX_BYTES = counter("node_network_receive_bytes_total", Unit::Bytes, "Bytes received.").labels(&["device"]).history();
    /// Packets received.
    RX_PACKETS = counter("node_network_receive_packets_total", Unit::None, "Packets received.").labels(&["device"]);
    /// Packets that failed while being received.
    RX_ERRORS = counter("node_network_receive_errs_total", Unit::None, "Packets that failed while being received.").labels(&["device"]);
    /// Packets dropped while being received.
    RX_DROPPED = counter("node_network_receive_drop_total", Unit::None, "Packets dropped while being received.").labels(&["device"]);
    /// FIFO errors of packets being received.
    RX_FIFO = counter("node_network_receive_fifo_total", Unit::None, "FIFO errors of packets being received.").labels(&["device"]);
    /// Compressed packets received.
    RX_COMPRESSED = counter("node_network_receive_compressed_total", Unit::None, "Compressed packets received.").labels(&["device"]);
    /// Bytes sent.
    TX_BYTES = counter("node_network_transmit_bytes_total", Unit::Bytes, "Bytes sent.").labels(&["device"]).history();
    /// Packets sent.
    TX_PACKETS = counter("node_network_transmit_packets_total", Unit::None, "Packets sent.").labels(&["device"]);
    /// Packets that failed while being sent.
    TX_ERRORS = counter("node_network_transmit_errs_total", Unit::None, "Packets that failed while being sent.").labels(&["device"]);
    /// Packets dropped while being sent.
    TX_DROPPED = counter("node_network_transmit_drop_total", Unit::None, "Packets dropped while being sent.").labels(&["device"]);
    /// FIFO errors of packets being sent.
    TX_FIFO = counter("node_network_transmit_fifo_total", Unit::None, "FIFO errors of packets being sent.").labels(&["device"]);
    /// Compressed packets sent.
    TX_COMPRESSED = counter("node_network_transmit_compressed_total", Unit::None, "Compressed packets sent.").labels(&["device"]);
    /// Framing errors.
    RX_FRAME = counter("node_network_receive_frame_total", Unit::None, "Framing errors.").labels(&["device"]);
    /// Multicast packets received.
    RX_MULTICAST = counter("node_network_receive_multicast_total", Unit::None, "Multicast packets received.").labels(&["device"]);
    /// Packets received that nobody wanted.
    RX_NOHANDLER = counter("node_network_receive_nohandler_total", Unit::None, "Packets received that nobody wanted.").labels(&["device"]);
    /// Collisions while sending.
    TX_COLLISIONS = counter("node_network_transmit_colls_total", Unit::None, "Collisions while sending.").labels(&["device"]);
    /// Carrier errors while sending.
    TX_CARRIER = counter("node_network_transmit_carrier_total", Unit::None, "Carrier errors while sending.").labels(&["device"]);
    /// Whether the interface is up.
    UP = gauge("node_network_up", Unit::None, "Whether the interface is up.").labels(&["device"]).history();
    /// Whether the interface has a carrier.
    CARRIER = gauge("node_network_carrier", Unit::None, "Whether the interface has a carrier.").labels(&["device"]);
    /// Changes of the carrier.
    CARRIER_CHANGES = counter("node_network_carrier_changes_total", Unit::None, "Changes of the carrier.").labels(&["device"]);
    /// Times the carrier came.
    CARRIER_UP_CHANGES = counter("node_network_carrier_up_changes_total", Unit::None, "Times the carrier came.").labels(&["device"]);
    /// Times the carrier went.
    CARRIER_DOWN_CHANGES = counter("node_network_carrier_down_changes_total", Unit::None, "Times the carrier went.").labels(&["device"]);
    /// Speed of the link per second.
    SPEED = gauge("node_network_speed_bytes", Unit::Bytes, "Speed of the link per second.").labels(&["device"]).scale(Scale::times(125_000));
    /// Largest packet.
    MTU = gauge("node_network_mtu_bytes", Unit::Bytes, "Largest packet.").labels(&["device"]);
    /// Length of the send queue in packets.
    QUEUE = gauge("node_network_transmit_queue_length", Unit::None, "Length of the send queue in packets.").labels(&["device"]);
    /// Interface flags of the kernel.
    FLAGS = gauge("node_network_flags", Unit::None, "Interface flags of the kernel.").labels(&["device"]);
    /// Whether the interface waits for an outside event.
    DORMANT = gauge("node_network_dormant", Unit::None, "Whether the interface waits for an outside event.").labels(&["device"]);
    /// How the hardware address came to be.
    ADDRESS_ASSIGN = gauge("node_network_address_assign_type", Unit::None, "How the hardware address came to be.").labels(&["device"]);
    /// How the name came to be.
    NAME_ASSIGN = gauge("node_network_name_assign_type", Unit::None, "How the name came to be.").labels(&["device"]);
    /// Port number of interfaces that share an address.
    DEVICE_ID = gauge("node_network_device_id", Unit::None, "Port number of interfaces that share an address.").labels(&["device"]);
    /// Interface index.
    IFACE_ID = gauge("node_network_iface_id", Unit::None, "Interface index.").labels(&["device"]);
    /// Index of the interface below.
    IFACE_LINK = gauge("node_network_iface_link", Unit::None, "Index of the interface below.").labels(&["device"]);
    /// Link mode.
    LINK_MODE = gauge("node_network_iface_link_mode", Unit::None, "Link mode.").labels(&["device"]);
    /// Interface group.
    GROUP = gauge("node_network_net_dev_group", Unit::None, "Interface group.").labels(&["device"]);
    /// Hardware type (ARPHRD).
    PROTOCOL = gauge("node_network_protocol_type", Unit::None, "Hardware type (ARPHRD).").labels(&["device"]);
    /// What an interface is.
    INFO = gauge("node_network_info", Unit::None, "What the interface is; value 1.").labels(&["device", "address", "broadcast", "duplex", "operstate", "ifalias"]).admin();
    /// Operational state as the kernel numbers it (RFC 2863; 6 is up).
    STATE = gauge("hearth_network_operstate", Unit::None, "Operational state as the kernel numbers it (RFC 2863; 6 is up).").labels(&["device"]);
    /// Bytes received, as of the newest tick.
    TICK_RX_BYTES = counter("hearth_network_receive_bytes_total", Unit::Bytes, "Bytes received, read at every tick.").labels(&["device"]).every_tick();
    /// Bytes sent, as of the newest tick.
    TICK_TX_BYTES = counter("hearth_network_transmit_bytes_total", Unit::Bytes, "Bytes sent, read at every tick.").labels(&["device"]).every_tick();
}
