-- expect: ORA-00905 2:25
create sequence s start 5
