-- expect: unsupported 2:1
explain plan for select 1 from dual
