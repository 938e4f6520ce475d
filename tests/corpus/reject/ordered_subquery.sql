-- expect: ORA-00907 2:45
select a from t where b in (select c from u order by c)
