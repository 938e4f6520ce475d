-- expect: ORA-00922 2:17
create table if not exists t (a number)
