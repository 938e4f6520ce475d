-- expect: unsupported 2:13
select cast(multiset(select 1 from dual) as sys.odcinumberlist) from dual
