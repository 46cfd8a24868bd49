//! The script that takes a batch: Redis runs it without letting anybody in between.

use crate::row::LayoutId;

/// The fields of a view's state that are not layouts.
pub const STATE: [&str; 5] = ["newest", "written", "to", "job", "done"];

/// The field under which the names of a layout are kept.
pub fn layout_field(id: &LayoutId) -> Vec<u8> {
    [b"layout:".as_slice(), id].concat()
}

/// Keys: rows, state. Arguments: now, newest event, field and names of the layout, kind of progress,
/// job, amount (rows done, or the time up to which all is done), then entity keys with their rows.
///
/// Strings are compared byte by byte: the order of `<` depends on the language that the server is
/// set to.
pub const WRITE: &str = r"
local function older(a, b, n)
    for i = 1, n do
        local x, y = string.byte(a, i), string.byte(b, i)
        if x ~= y then return x < y end
    end
    return false
end
local rows, state = KEYS[1], KEYS[2]
local taken = 0
for i = 8, #ARGV, 2 do
    local old = redis.call('HGET', rows, ARGV[i])
    if not old or not older(ARGV[i + 1], old, 16) then
        redis.call('HSET', rows, ARGV[i], ARGV[i + 1])
        taken = taken + 1
    end
end
local function raise(field, to)
    local old = redis.call('HGET', state, field)
    if not old or older(old, to, 8) then redis.call('HSET', state, field, to) end
end
if #ARGV >= 8 then
    redis.call('HSET', state, ARGV[3], ARGV[4], 'written', ARGV[1])
    raise('newest', ARGV[2])
end
if ARGV[5] == 'at' then
    redis.call('HSET', state, 'job', ARGV[6], 'done', ARGV[7])
elseif ARGV[5] == 'done' then
    redis.call('HDEL', state, 'job', 'done')
    raise('to', ARGV[7])
end
return taken
";
