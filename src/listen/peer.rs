//! Who is at the other end, as far as fairness needs to know: a circuit of the onion service, or a keyed hash of an
//! address's prefix. In memory only, never logged, so it has no `Debug`; the key dies with the process.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::http::{HeaderMap, HeaderName};

/// What requests that come from one place have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Peer {
    /// A circuit of the onion service: free for whoever wants many, so this is fairness and no protection.
    Circuit(u32),
    /// A neighbourhood of addresses, under this process's key.
    Prefix(u64),
    /// Somebody: all of these share what is there.
    Unknown,
}

/// How the peer of a request is found.
#[derive(Clone)]
pub(super) enum PeerOf {
    /// The connection's.
    Connection(Peer),
    /// As a trusted proxy says in a header.
    Header(Arc<ClientAddress>),
}

impl PeerOf {
    /// The peer of a request with this head. A header that names an address goes no further.
    pub(super) fn request(&self, head: &mut HeaderMap) -> Peer {
        match self {
            Self::Connection(peer) => *peer,
            Self::Header(named) => named.peer(head),
        }
    }
}

/// The header by which a proxy on a Unix socket names the client's address.
pub struct ClientAddress {
    header: HeaderName,
    key: RandomState,
}

impl ClientAddress {
    /// With a fresh key.
    #[must_use]
    pub fn new(header: HeaderName) -> Self {
        Self {
            header,
            key: RandomState::new(),
        }
    }

    fn peer(&self, head: &mut HeaderMap) -> Peer {
        let mut values = head.get_all(&self.header).iter();
        let only = values.next().filter(|_| values.next().is_none());
        let address = only.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let peer = address.map_or(Peer::Unknown, |address| {
            Peer::Prefix(self.key.hash_one(prefix(address)))
        });
        while head.remove(&self.header).is_some() {}
        peer
    }
}

/// 24 bits of an IPv4 address, 48 of an IPv6 one: what one household or one provider's customer has.
fn prefix(address: IpAddr) -> [u8; 6] {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            [0, 0, 0, a, b, c]
        }
        IpAddr::V6(address) => {
            let [a, b, c, d, e, f, ..] = address.octets();
            [a, b, c, d, e, f]
        }
    }
}

/// Connections of each circuit that are open now.
#[derive(Clone, Default)]
pub(super) struct Seats(Arc<Mutex<HashMap<Peer, usize>>>);

/// One connection's place among its circuit's; free again when dropped.
pub(super) struct Seat {
    seats: Seats,
    peer: Peer,
}

impl Seats {
    /// A place, unless the circuit has `most` already.
    pub(super) fn take(&self, peer: Peer, most: usize) -> Option<Seat> {
        let mut seats = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(peer).or_insert(0);
        if *taken >= most {
            return None;
        }
        *taken += 1;
        Some(Seat {
            seats: self.clone(),
            peer,
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = self.seats.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(&self.peer) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(&self.peer);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(named: &ClientAddress, addresses: &[&str]) -> Peer {
        let mut head = HeaderMap::new();
        for address in addresses {
            head.append("x-client", address.parse().expect("a value"));
        }
        let peer = named.peer(&mut head);
        assert!(head.is_empty(), "the address goes no further");
        peer
    }

    #[test]
    fn neighbours_share_a_peer_and_strangers_do_not() {
        let named = ClientAddress::new(HeaderName::from_static("x-client"));
        let here = peer(&named, &["192.0.2.1"]);
        assert!(here == peer(&named, &["192.0.2.250"]));
        assert!(here == peer(&named, &["::ffff:192.0.2.9"]));
        assert!(here != peer(&named, &["192.0.3.1"]));
        assert!(peer(&named, &["2001:db8:1::1"]) == peer(&named, &["2001:db8:1:ffff::2"]));
        assert!(peer(&named, &["2001:db8:1::1"]) != peer(&named, &["2001:db8:2::1"]));
    }

    #[test]
    fn the_key_is_another_one_in_each_process() {
        let named = || ClientAddress::new(HeaderName::from_static("x-client"));
        assert!(peer(&named(), &["192.0.2.1"]) != peer(&named(), &["192.0.2.1"]));
    }

    #[test]
    fn what_names_no_address_or_several_is_somebody() {
        let named = ClientAddress::new(HeaderName::from_static("x-client"));
        for addresses in [&[][..], &["unix:"], &["192.0.2.1", "192.0.2.1"], &["1.2.3"]] {
            assert!(peer(&named, addresses) == Peer::Unknown, "{addresses:?}");
        }
    }

    #[test]
    fn a_circuit_has_so_many_connections_and_no_more() {
        let seats = Seats::default();
        let first = seats.take(Peer::Circuit(1), 2).expect("the first");
        let _second = seats.take(Peer::Circuit(1), 2).expect("the second");
        assert!(seats.take(Peer::Circuit(1), 2).is_none());
        assert!(
            seats.take(Peer::Circuit(2), 2).is_some(),
            "others are not concerned"
        );
        drop(first);
        assert!(seats.take(Peer::Circuit(1), 2).is_some());
        let open = seats.0.lock().expect("not poisoned").len();
        assert_eq!(open, 1, "nothing is kept of circuits that are gone");
    }
}
