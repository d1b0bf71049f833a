-- Add entries to one stream, all or none. KEYS 1 stream. ARGV 1 the longest it may get, 2 field, then bodies.
-- Returns the ids of the new entries, or {} when the stream has no room for all of them.
if redis.call('XLEN', KEYS[1]) + #ARGV - 2 > tonumber(ARGV[1]) then
  return {}
end
local ids = {}
for at = 3, #ARGV do
  ids[at - 2] = redis.call('XADD', KEYS[1], '*', ARGV[2], ARGV[at])
end
return ids
