-- expect: unsupported 2:8
create materialized view m as select 1 from dual
