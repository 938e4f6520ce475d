-- expect: unsupported 2:36
create function f return number is language java name 'x.y() return int';
