#include "engine/scan/neighbour_table.h"

#include <cstring>
#include <utility>

namespace pacegate {
namespace {

// Hosts on a link choose their own addresses, but filling this table takes as many ARP answers as
// entries, so a fixed mix (the finaliser of splitmix64) is enough here.
std::uint64_t hash(const IpAddress& address) {
  std::uint64_t words[2];
  std::memcpy(words, address.key().data(), sizeof words);
  std::uint64_t mixed = words[0] ^ (words[1] * 0x9e3779b97f4a7c15U);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return mixed ^ (mixed >> 31);
}

}  // namespace

std::size_t NeighbourTable::slot_of(const IpAddress& address) const {
  const std::size_t mask = entries_.size() - 1;
  std::size_t slot = hash(address) & mask;
  while (entries_[slot].used && entries_[slot].address != address) slot = (slot + 1) & mask;
  return slot;
}

const packet::MacAddress* NeighbourTable::find(const IpAddress& address) const {
  if (entries_.empty()) return nullptr;
  const Entry& entry = entries_[slot_of(address)];
  return entry.used ? &entry.mac : nullptr;
}

bool NeighbourTable::insert(const IpAddress& address, const packet::MacAddress& mac) {
  if (2 * (size_ + 1) > entries_.size()) grow();
  Entry& entry = entries_[slot_of(address)];
  if (entry.used) return false;
  entry = {address, mac, true};
  ++size_;
  return true;
}

void NeighbourTable::grow() {
  std::vector<Entry> old(entries_.empty() ? 64 : entries_.size() * 2);
  std::swap(entries_, old);
  for (const Entry& entry : old) {
    if (entry.used) entries_[slot_of(entry.address)] = entry;
  }
}

}  // namespace pacegate
