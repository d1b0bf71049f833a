#!lua flags=allow-oom
-- Give a lease back. KEYS 1 meta. ARGV 1 owner, 2 '1' when the owner ends in good order. Returns 1, or 0 when not the owner's.
if redis.call('HGET', KEYS[1], 'owner') ~= ARGV[1] then
  return 0
end
redis.call('HSET', KEYS[1], 'owner', '', 'until', 0)
-- An owner that gives back by itself did not die of the entry at the head.
if ARGV[2] == '1' then
  redis.call('HSET', KEYS[1], 'takeovers', 0)
end
return 1
