//! How sensors get into a running lane and out of it: two queues of fixed size, one each way.
//!
//! The control thread arms a sensor, numbers its places and sends it. The lane swaps it in at its next tick and sends
//! the same order back with what it replaced, so that everything is allocated and dropped on the control thread.

use rtrb::{Consumer, Producer, PushError, RingBuffer};

use crate::armed::{Armed, Limits, Misfit, column_fits, places_fit};

/// Orders on their way in each direction, at most: one for each sensor a lane can have.
pub const ORDERS_MAX: usize = crate::lane::SENSORS_MAX;

/// What a sensor's series leave behind; each is marked [`hearth_model::Reason::Gone`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vacated {
    /// Places in the page.
    pub places: Box<[u32]>,
    /// Columns of the ring of every tick.
    pub ring: Box<[u8]>,
    /// Columns of the history.
    pub history: Box<[u8]>,
}

/// Puts a sensor in its place, or removes it.
pub struct Order {
    /// Position in the lane's list of sensors.
    pub at: usize,
    /// On the way in: the sensor, or `None` to remove the one there. On the way back: what was replaced.
    pub armed: Option<Armed>,
    /// Marked before the sensor's own first words are published.
    pub vacated: Vacated,
    /// What the page's stamp says from then on. Where one change of the list of series takes several orders, the last
    /// one carries the new generation.
    pub generation: u32,
}

/// Why an order was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The lane has not yet taken the orders before.
    #[error("the lane has {ORDERS_MAX} orders waiting; it is busy or stuck, so send this one later")]
    Full,
    /// It does not fit the lane.
    #[error("the order does not fit the lane: {0}")]
    Misfit(#[from] Misfit),
}

/// An order that was not sent, handed back.
pub struct Refused {
    /// The order.
    pub order: Order,
    /// Why.
    pub trouble: Trouble,
}

/// The control thread's end.
pub struct Desk {
    orders: Producer<Order>,
    spent: Consumer<Order>,
    limits: Limits,
}

/// The lane's end.
pub(crate) struct Inbox {
    orders: Consumer<Order>,
    spent: Producer<Order>,
    kept: Option<Order>,
}

/// Both ends, empty. Allocates all that they will ever use.
pub(crate) fn open(limits: Limits) -> (Desk, Inbox) {
    let (orders, incoming) = RingBuffer::new(ORDERS_MAX);
    let (outgoing, spent) = RingBuffer::new(ORDERS_MAX);
    (Desk { orders, spent, limits }, Inbox { orders: incoming, spent: outgoing, kept: None })
}

impl Desk {
    /// Sends an order; the lane carries it out at its next tick.
    ///
    /// # Errors
    /// The order itself and why it was not sent.
    pub fn send(&mut self, order: Order) -> Result<(), Box<Refused>> {
        if let Err(misfit) = self.check(&order) {
            return Err(Box::new(Refused { order, trouble: Trouble::Misfit(misfit) }));
        }
        self.orders
            .push(order)
            .map_err(|PushError::Full(order)| Box::new(Refused { order, trouble: Trouble::Full }))
    }

    /// Takes back an order that was carried out, with what it replaced. The lane stops taking orders when nobody takes
    /// these.
    pub fn take_spent(&mut self) -> Option<Order> {
        // The one error there is says that nothing waits.
        self.spent.pop().ok()
    }

    /// What the lane has room for.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    fn check(&self, order: &Order) -> Result<(), Misfit> {
        let limits = &self.limits;
        if order.at >= limits.sensors {
            return Err(Misfit::Sensor { at: order.at, sensors: limits.sensors });
        }
        places_fit(&order.vacated.places, limits.places)?;
        for (columns, width) in
            [(&order.vacated.ring, limits.ring_columns), (&order.vacated.history, limits.history_columns)]
        {
            columns.iter().try_for_each(|&column| column_fits(column, width))?;
        }
        order.armed.as_ref().map_or(Ok(()), |armed| armed.fits(limits))
    }
}

impl Inbox {
    /// The next order, unless one that was carried out could not be sent back yet. Neither allocates nor waits.
    pub(crate) fn take(&mut self) -> Option<Order> {
        if let Some(order) = self.kept.take() {
            self.give_back(order);
        }
        if self.kept.is_some() {
            return None;
        }
        // The one error there is says that nothing waits.
        self.orders.pop().ok()
    }

    /// Sends back an order that was carried out; while the queue is full it is kept here, since dropping it would free
    /// memory on the lane.
    pub(crate) fn give_back(&mut self, order: Order) {
        if let Err(PushError::Full(order)) = self.spent.push(order) {
            self.kept = Some(order);
        }
    }
}
