-- expect: ORA-01747 2:10
select t.date from t
