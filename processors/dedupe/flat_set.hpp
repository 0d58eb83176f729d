// A set of fixed-size keys in one array: open addressing, at most three quarters full, nothing but the keys in memory.
// It grows by half, so a million ids don't need two million slots. Keys can't be removed: a slice of the window is
// dropped as a whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace wxpipe::processors {

// Key{} marks an empty slot, so it can't be a member. Spread gives 64 bits; the upper bits must differ between keys.
template <class Key, class Spread>
class FlatSet {
 public:
  size_t size() const { return size_; }

  bool contains(const Key& key) const { return size_ > 0 && slots_[find(slots_, key)] == key; }

  // False: the key was in the set already.
  bool insert(const Key& key) {
    if ((size_ + 1) * 4 > slots_.size() * 3) reserve(size_ + size_ / 2 + 8);
    Key& slot = slots_[find(slots_, key)];
    if (slot == key) return false;
    slot = key;
    ++size_;
    return true;
  }

  // Makes room for so many keys.
  void reserve(size_t keys) {
    if (keys * 4 / 3 + 1 <= slots_.size()) return;
    std::vector<Key> larger(keys * 4 / 3 + 1);
    for (const Key& key : slots_)
      if (!(key == Key{})) larger[find(larger, key)] = key;
    slots_.swap(larger);
  }

  void clear() {
    slots_.assign(slots_.size(), Key{});
    size_ = 0;
  }

 private:
  // The key's slot, or the empty slot for it.
  static size_t find(const std::vector<Key>& slots, const Key& key) {
    __extension__ using Wide = unsigned __int128;
    size_t at = static_cast<size_t>(static_cast<Wide>(Spread{}(key)) * slots.size() >> 64);
    while (!(slots[at] == Key{}) && !(slots[at] == key)) at = at + 1 == slots.size() ? 0 : at + 1;
    return at;
  }

  std::vector<Key> slots_;
  size_t size_ = 0;
};

}  // namespace wxpipe::processors
