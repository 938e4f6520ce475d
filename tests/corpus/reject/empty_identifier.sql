-- expect: ORA-01741 2:8
select "" from dual
