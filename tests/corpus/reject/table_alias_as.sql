-- expect: ORA-00933 2:17
select * from t as x
