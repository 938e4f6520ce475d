-- expect: ORA-00903 2:17
select * from t,
